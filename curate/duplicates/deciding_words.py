"""Words that make another question of the same words, and words that do not, in lower case."""

_NUMBER_WORDS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty
"""
NUMBERS = {word: str(value) for value, word in enumerate(_NUMBER_WORDS.split())}

_QUANTITIES = """
thirty forty fifty sixty seventy eighty ninety hundred thousand million billion half third quarter double triple dozen
first second last once twice both either each every all any some most few many several only single
"""
_NEGATIONS = """
not no never none nothing nobody nowhere cannot without unless except neither nor hardly non nicht kein keine keinen
keiner nie niemals ohne ne pas jamais sans aucun aucune sin nunca jamás ningún ninguna não nem sem nessun senza mai
"""
_UNITS = """
mg g kg lb lbs oz ml l cm mm m km mi ft inch inches metre metres meter meters mile miles kilometre kilometres second
seconds minute minutes hour hours day days week weeks month months year years am pm percent degree degrees celsius
fahrenheit euro euros dollar dollars pound pounds cent cents pence kb mb gb tb byte bytes bit bits hz khz mhz ghz volt
volts watt watts
"""
_OPPOSITES = """
yes no true false before after above below over under more less fewer greater smaller higher lower larger bigger min
max minimum maximum increase decrease increases decreases rise fall up down left right north south east west open
closed opens closes start end begin finish arrive depart arrival departure arrives departs inside outside with include
exclude included excluded including excluding allowed forbidden accept reject accepted rejected approve deny approved
denied enable disable enabled disabled add remove buy sell send receive morning afternoon evening night adult adults
child children infant return one-way outbound inbound hot cold old new positive negative neutral good bad ascending
descending row column input output public private male female he she his her him father mother son daughter always
sometimes often rarely must may should plus minus times divided encode decode encrypt decrypt lowercase uppercase
singular plural past present future formal informal
"""
_PLAIN = """
a an the this that these those it its is are was were be been being am do does did done have has had will would
could can shall might i i'm i'd i've i'll you your yours we our us they their them me my mine and or but so if then
than as of to in on at for from by about into onto out how what when where why who whom whose which there here
please kindly just also too very really quite well okay ok hi hello hey dear thanks thank sure certainly absolutely
great let let's us tell know like want need get got give help question answer explain say thing things way one's
it's that's what's here's there's der die das ein eine und oder ist sind zu in auf für von mit bitte le la les un
une et ou est sont de du des à pour por favor el los las y o es son
"""

_CALENDAR = """
monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
october november december today tomorrow yesterday weekday weekdays weekend summer winter spring autumn
"""
CALENDAR = frozenset(_CALENDAR.split())
NEGATIONS = frozenset(_NEGATIONS.split())
DECIDING = NEGATIONS | CALENDAR | frozenset(f"{_QUANTITIES} {_UNITS} {_OPPOSITES}".split())
PLAIN = frozenset(_PLAIN.split())
