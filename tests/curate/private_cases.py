"""Texts for test_private.py, all written by hand and all invented.

One case stands on one line. In WITH, ⟦ ⟧ are around what must be masked, and all of
it. ¶ is a line break. ¦ is nothing: it breaks up what the secret scanner of a git host would otherwise take for a key.
"""

_WITH = {
    "EMAIL": """
Please send the signed form to ⟦marta.wisniewska84@poczta-kowal.pl⟧ before Friday.
You can reach me at ⟦j.oduya@brightwater-dental.co.uk⟧.
My e-mail is ⟦tom_hargreaves+shop@inboxly.net⟧, not the old one.
Contact: ⟦LENA.VOGEL@KANZLEI-VOGEL.DE⟧
The refund went to <⟦sofia.marin@correo-rapido.es⟧> yesterday.
Schreib mir bitte an ⟦k.bergmann@posteo-mail.de⟧, danke!
Mon adresse : ⟦claire.dumont75@courrier-lutece.fr⟧.
Mijn adres is ⟦pieter.de.vries@kpn-post.nl⟧ en dat blijft zo.
Mój adres to ⟦ania.nowak@skrzynka.com.pl⟧.
Escríbeme a ⟦lucia-fernandez@buzon.es⟧ cuando puedas.
From: Daniel O'Connor <⟦daniel.o'connor@galwaymail.ie⟧>¶Subject: boiler
Customer: Ravi Menon (⟦ravi.menon@finchleypost.in⟧), gold plan
mailto:⟦hannah.brook@tidemail.co⟧ is what the link should say.
I lost access to ⟦grandma.rose1938@oldpost.us⟧; can you reset it?
cc ⟦petr.svoboda@seznamka.cz⟧; ⟦eva.mala@seznamka.cz⟧
Her new address is ⟦amelie dot roussel at courriel dot fr⟧.
Write me: ⟦marek.zielinski [at] poczta [dot] pl⟧ (no spam please)
It's ⟦jo.bailey(at)fernpost(dot)org⟧.
You'll find me under ⟦bob at riversend dot co dot uk⟧, all lower case.
Reach her on ⟦nina_k AT quickmail DOT com⟧ in the evenings.
Send it to ⟦yusuf.arslan@mail.istanbulpost.com.tr⟧ please
{"name": "Ida Holm", "email": "⟦ida.holm@nordpost.dk⟧"}
Is ⟦müller.jana@briefkasten.de⟧ still her address?
My boss (⟦r.achterberg@studio-noord.nl⟧) already knows.
Antwort ging an ⟦fam.schuster@t-post.de⟧, nicht an mich.
The account is under ⟦kiwi_fan_77@hotpost.co.nz⟧ since 2019.
Please unsubscribe ⟦Olga.Petrova@yandpost.ru⟧!
| Jonas Weber | ⟦jonas.weber@finchpost.ch⟧ | paid |
my email's ⟦delia.marsh at inboxly dot net⟧ thanks
""",
    "PHONE": """
Call me on ⟦+44 7911 123456⟧ after six.
My mobile is ⟦07700 812345⟧.
The landline is ⟦020 7183 8750⟧ and nobody answers it.
Ring Mrs Patel at ⟦0161 850 2234⟧ about the boiler.
You can text ⟦(415) 738-2291⟧ at any time.
His number is ⟦212-736-5084⟧.
Phone: ⟦+1 312 674 9903⟧
Tel. ⟦+1-646-328-4471⟧, ask for Dana.
Reach me at ⟦+44 (0)20 7946 1234⟧ during the week.
Meine Nummer ist ⟦0151 23456789⟧.
Ruf mich unter ⟦+49 171 8834521⟧ an.
Telefon: ⟦030 23125490⟧
Sie erreichen mich unter ⟦089/4522 7781⟧.
Mon numéro est le ⟦+33 6 12 84 39 57⟧.
Tél. : ⟦06 84 31 97 20⟧
Appelez-moi au ⟦01 42 68 53 10⟧ demain matin.
Mi móvil es ⟦+34 612 948 375⟧.
Llámame al ⟦655 82 14 93⟧ esta tarde.
Mijn nummer is ⟦+31 6 18273645⟧.
Bel me op ⟦06-28374651⟧ na het eten.
Zadzwoń do mnie: ⟦+48 601 283 746⟧.
Mój telefon to ⟦512 384 756⟧.
Chiamami al ⟦+39 347 182 9364⟧.
My Dublin number is ⟦+353 86 182 9374⟧.
Her Lisbon mobile: ⟦+351 912 837 465⟧.
Our nanny's phone is ⟦+46 70 174 06 35⟧.
WhatsApp ⟦+91 98203 47561⟧ works best.
Use ⟦+61 412 837 465⟧ while I am in Sydney.
From Tokyo: ⟦+81 90-1834-2765⟧.
In Brazil he has ⟦+55 11 96123-4758⟧.
Call the plumber, Steve, on ⟦07812345976⟧.
Fax ⟦+41 44 668 18 21⟧ for the doctor's letter.
Contact number ⟦(020) 8743 2291⟧, Miss Ogden.
New mobile number is ⟦+447815629340⟧.
I moved; my cell is now ⟦503.284.7719⟧.
User: can you ring me back? ⟦0117 925 3381⟧
The tenant's number is ⟦0049 160 9182 7364⟧.
hi, this is Priya, my number is ⟦07455 219 863⟧
+++ new number: ⟦+44 (0)7733 518 294⟧ +++
Please leave a voicemail at ⟦(718) 624-1190⟧ for Aunt May.
Unter ⟦0172 / 553 9118⟧ bin ich immer erreichbar.
Notfallnummer der Oma: ⟦+43 664 1827364⟧
Son portable, c'est le ⟦07 81 92 03 14⟧.
Telefono: ⟦339 482 7715⟧, chiedere di Marta
Numer do hydraulika: ⟦+48 22 635 18 47⟧
Mevrouw Jansen, ⟦+31 (0)20 624 1893⟧, wil graag een afspraak.
{"name": "Ben", "phone": "⟦+1 (206) 448-9917⟧"}
""",
    "IBAN": """
Please pay the rent to ⟦DE44 5001 0517 5407 3249 31⟧.
My IBAN is ⟦DE44370400440532917753⟧.
Refund to ⟦GB39 BUKB 2020 1555 5571 93⟧ please.
Account ⟦GB53NWBK60161331927842⟧ belongs to Mr Lowe.
Mon IBAN : ⟦FR06 2004 1010 0505 0091 3M02 638⟧
Voici le compte ⟦FR1230006000011234567841289⟧ de ma mère.
Mi cuenta es ⟦ES02 2100 0418 4502 0005 8172⟧.
Il conto è ⟦IT19X0542811101000000729183⟧, intestato a mia moglie.
Maak het over naar ⟦NL11 ABNA 0417 1643 82⟧ voor vrijdag.
Mijn rekening: ⟦NL81RABO0300065284⟧
Numer konta: ⟦PL61 1090 1014 0000 0712 1981 2971⟧
Betaal op ⟦BE73 5390 0754 7138⟧.
Überweisen Sie auf ⟦CH09 0076 2011 6238 5291 7⟧ bitte.
Das Konto ⟦AT56 1904 3002 3457 3291⟧ gehört meinem Bruder.
Salary goes to ⟦IE39AIBK93115212345692⟧ from May.
O meu IBAN é ⟦PT37 0002 0123 1234 5678 9184 3⟧.
Lön till ⟦SE52 5000 0000 0583 9825 7922⟧ tack.
Her account is ⟦NO82 8601 1117 951⟧ with DNB.
iban ⟦dk1500400440116291⟧
The deposit came from ⟦FI53-1234-5600-0007-91⟧ this morning.
Account number: ⟦CZ40 0800 0000 1920 0014 5461⟧ for the refund.
Bitte buchen Sie von ⟦DE44500105175407324931⟧ ab.
Stortn. op rek. ⟦NL81 RABO 0300 0652 84⟧ t.n.v. Bakker
The transfer from ⟦GB53 NWBK 6016 1331 9278 42⟧ bounced.
""",
    "CARD": """
My card is ⟦4532 9871 6540 2139⟧, expiry 09/27.
Charge ⟦4916488271936058⟧ again, please.
The Visa ⟦4024-0071-3862-9513⟧ was declined twice.
Mastercard number: ⟦5273 4819 2064 5174⟧
Use ⟦5457219830461722⟧ instead of the old card.
It starts with 2: ⟦2228 7645 1930 8269⟧.
My Amex ⟦3475 291836 40515⟧ is lost.
I pay with ⟦3792 816405 39176⟧ mostly.
Discover ⟦6011982736451090⟧ was charged twice.
Card no. ⟦6502 7491 8365 0284⟧ has expired.
JCB: ⟦3528917402635819⟧
Diners card ⟦3617 394820 5615⟧ is accepted?
Meine Kreditkarte ist ⟦4485 7201 9346 2818⟧.
Ma carte est la ⟦5109 3827 4615 0730⟧, jusqu'en 2028.
Mi tarjeta: ⟦4532987165402139⟧, a nombre de mi padre
Please cancel ⟦38419273506285⟧ at once.
My card number is ⟦4916 4882 7193 6058⟧.
I typed 4024 0071 as the start and the whole is ⟦4024 0071 3862 9513⟧.
The customer read me ⟦6011-9827-3645-1090⟧ over the phone.
{"card": "⟦5457219830461722⟧", "cvc": "***"}
Can I pay by ⟦2228764519308269⟧? It is a debit card.
""",
    "SSN": """
My SSN is ⟦512-63-8471⟧.
Social security number: ⟦231-58-9046⟧
The form wants my social, which is ⟦604 27 3918⟧.
SSN ⟦418720593⟧ for the tax return.
He read out ⟦347-91-2206⟧ on the phone.
Employee ⟦529-84-1173⟧ has no W-2 yet.
Her SSN (⟦655-12-7790⟧) was in the e-mail.
Patient SSN: ⟦431-66-2908⟧, insured through work.
Is ⟦228-47-9016⟧ the social security number you have for me?
""",
    "NINO": """
My National Insurance number is ⟦JG 10 37 59 A⟧.
NI number: ⟦AB123456C⟧
NINO ⟦PW 48 29 13 D⟧, tax code 1257L.
HMRC has me as ⟦SE729341B⟧.
It is ⟦YS 61 84 07 C⟧ on my payslip.
Payroll needs ⟦ce 38 21 94 a⟧ by Monday.
""",
    "IP": """
The login came from IP ⟦81.152.204.37⟧ last night.
My home router has the address ⟦92.40.171.88⟧.
Failed connection from ⟦203.86.14.211⟧ port 22
Please unblock ⟦185.71.66.119⟧, that is my IP.
Client ⟦46.114.35.202⟧ was banned after five tries.
Visitor IP: ⟦2a02:8109:9c40:1d2e:5c7a:11ff:fe3b:9a42⟧
I ran ping ⟦178.63.44.21⟧ and nothing came back.
Meine IP-Adresse ist ⟦91.66.182.45⟧.
Mon adresse IP est ⟦90.112.47.203⟧.
Server ⟦51.68.139.77⟧ is down again.
ssh into host ⟦139.59.148.22⟧ as me
The ticket lists the customer's ip as ⟦2001:16b8:2e11:7a00:d4c1:9e5:77ab:1f03⟧.
My ISP gave me ⟦86.29.144.201⟧ as a fixed IP.
2024-03-02 sshd: Accepted password for lena from ⟦77.180.23.149⟧ port 50122
""",
    "BIRTH_DATE": """
Date of birth: ⟦14/03/1986⟧
DOB ⟦1991-07-22⟧, patient no allergies.
She was born on ⟦3 May 1974⟧ in Leeds.
My birthday is ⟦August 12, 1990⟧.
I was born ⟦21st October 1958⟧.
D.O.B.: ⟦07-11-2001⟧
Geburtsdatum: ⟦05.09.1979⟧
Ich bin am ⟦17. Juni 1983⟧ geboren.
Mein Sohn ist geboren am ⟦02.12.2011⟧.
Née le ⟦8 février 1969⟧ à Lyon.
Je suis né le ⟦23/04/1995⟧.
Date de naissance : ⟦11.06.1988⟧
Nací el ⟦9 de enero de 1981⟧ en Sevilla.
Fecha de nacimiento: ⟦30/08/1992⟧
Mijn geboortedatum is ⟦19-02-1987⟧.
Data urodzenia: ⟦1978-10-04⟧
Urodziłam się ⟦12 marca 1994⟧ roku.
Sono nato il ⟦6 luglio 1972⟧.
His birth date is ⟦1/9/1965⟧.
{"name": "Ola", "date_of_birth": "⟦1999-01-31⟧"}
Patient: Ruth Abel, born ⟦02/02/1951⟧, penicillin allergy
I turn 40 soon, DOB is ⟦9 Sept 1985⟧.
Geb. am ⟦24.12.1969⟧ in Kassel
Birthday: ⟦1988-05-16⟧
""",
    "ID_NUMBER": """
My passport number is ⟦533401872⟧.
Passport no. ⟦C01X0M8R7⟧ expires in May.
passport: ⟦XN4829173⟧
Driving licence ⟦HARGR702154TM9IJ⟧ was stolen.
Driver's license number ⟦D8273645⟧, California.
Personalausweis Nr. ⟦L01X2849KT⟧ läuft ab.
Meine Reisepassnummer ist ⟦C4F92KJ7H⟧.
Mon passeport n° ⟦18CV72941⟧ est périmé.
Mi DNI es ⟦48291736Q⟧.
Mi pasaporte: ⟦PAB482917⟧
Mój PESEL to ⟦87041523619⟧.
Mijn BSN is ⟦182736459⟧.
Codice fiscale: ⟦RSSMRA72L06H501U⟧
Führerschein Nummer ⟦B072RRE2I55⟧
ID card number: ⟦AVK 482913⟧
My passport is number ⟦P4829106⟧ and I fly on Sunday.
The visa form lists passport ⟦K7742918⟧.
My driver's licence no is ⟦482 719 336⟧.
Nr paszportu: ⟦EH4829173⟧
Perso-Nr.: ⟦T22000129⟧
""",
    "ADDRESS": """
I live at ⟦14 Maple Road, Bristol BS6 5LT⟧.
Send it to ⟦Flat 3, 27 Queen's Crescent, London NW5 4EG⟧ please.
Deliver to ⟦221 Harrow Lane, Maidenhead, SL6 7PA⟧ on Tuesday.
Her home is ⟦9a St Mary's Close, Stratford-upon-Avon, CV37 6YX⟧.
Ship to ⟦1184 Oakmont Drive, Austin, TX 78704⟧.
My address: ⟦402 N Sycamore St, Apt 5B, Portland, OR 97214⟧
We moved to ⟦77 West 85th Street, New York, NY 10024⟧ in June.
⟦3310 Willow Creek Blvd¶Denver, CO 80205-1123⟧
Ich wohne in der ⟦Lindenstraße 12, 50674 Köln⟧.
Lieferadresse: ⟦Am Hasenberg 7, 70197 Stuttgart⟧
Meine Anschrift ist ⟦Goethestr. 44a, 80336 München⟧.
⟦Karl-Marx-Allee 103¶10243 Berlin⟧
Bitte an ⟦Unter den Eichen 5, 65195 Wiesbaden⟧ schicken.
J'habite au ⟦18 rue des Lilas, 75019 Paris⟧.
Livrez au ⟦5 bis, avenue Victor Hugo, 69006 Lyon⟧.
Mon adresse : ⟦112 boulevard de la Liberté, 59000 Lille⟧
Ik woon op de ⟦Prinsengracht 482, 1017 KG Amsterdam⟧.
Stuur het naar ⟦Van Goghlaan 9, 3526 AB Utrecht⟧ alstublieft.
Adres: ⟦Korte Nieuwstraat 31b, 6511 PP Nijmegen⟧
Mieszkam przy ⟦ul. Długa 17/4, 31-147 Kraków⟧.
Adres dostawy: ⟦ul. Jana Pawła II 28, 00-141 Warszawa⟧
Wyślij na ⟦al. Niepodległości 65, 02-626 Warszawa⟧.
Vivo en la ⟦Calle Mayor 23, 28013 Madrid⟧.
Mi dirección es ⟦C/ de la Paloma, 8, 41001 Sevilla⟧.
Envíalo a ⟦Avenida de la Constitución 14, 3º B, 46009 Valencia⟧.
Abito in ⟦Via Garibaldi 36, 20121 Milano⟧.
Il mio indirizzo: ⟦Via dei Mille, 15, 00185 Roma⟧
Spedite a ⟦Piazza San Marco 3, 50121 Firenze⟧ entro lunedì.
The flat is at ⟦62 Canal Wharf, Leeds LS11 5BQ⟧, top floor.
The parcel should go to ⟦8 Orchard Way, Norwich, Norfolk, NR4 6TQ⟧.
My sister lives at ⟦2207 E Pine Ave, Apt 12, Fresno, CA 93703⟧ now.
Rechnung an: Uta Kern, ⟦Schillerplatz 3, 01309 Dresden⟧
Elle habite ⟦24 bis rue du Moulin, 35000 Rennes⟧ depuis mai.
Hij woont aan de ⟦Kerkstraat 118-2, 1017 GP Amsterdam⟧.
Ich bin umgezogen: ⟦Hauptstr. 5, 79098 Freiburg⟧
⟦os. Kościuszkowskie 4/17, 31-858 Kraków⟧ to mój adres
Recójanlo en ⟦Paseo de Gracia 54, 08007 Barcelona⟧.
""",
    "SECRET": """
Our Stripe key is ⟦sk¦_live_4eQ9vT2mWc7XbR1nZ8kLpY3d⟧.
Use ⟦sk¦_test_9fKd82LmQp3XcVb71NzRtY6w⟧ for the sandbox.
The restricted one: ⟦rk¦_live_7GhT3vNq9LmB2xWs5PzKd8Yc⟧
STRIPE_WEBHOOK=⟦whs¦ec_8Kd93mQpLx72VbNcT5wRzY1hGfJs4a⟧
aws_access_key_id = ⟦AK¦IAZ7QW3NVB5XKT2MRD⟧
aws_secret_access_key = ⟦wJq7rXUt¦nFEMIK7MDENGbPxRfiCYz8kLmQ2vT5b⟧
Temporary id ⟦AS¦IAQ4TZ9WPL6MXVB3KN⟧ from STS.
export GITHUB_TOKEN=⟦gh¦p_9aKd72LmQx3VbNc81TzRwY5hGfJs4pE6oU0i⟧
Clone with ⟦git¦hub_pat_11AB7KQ9Y0xLm2NvC3zT8w_Rq5pWe7Yd1Hs⟧ as password.
CI uses ⟦gl¦pat-x7Kd9mQpLz2VbNcT5wRy⟧ for the registry.
Slack bot: ⟦xo¦xb-284719365012-7KdQm92LpXvBncTzRwY5hGfJ⟧
The user token is ⟦xo¦xp-1928374650-5647382910-aKd72LmQx3⟧.
OpenAI: ⟦sk-¦proj-x8Kd92mQpLzVbNcT57wRyHGfJs4aEoU1iXq3⟧
old style ⟦sk-¦Kd92mQpLzVbNcT57wRyHGfJs4aEoU1iXq3x8Tb0nM⟧ still works
Anthropic key ⟦sk-¦ant-api03-7KdQm92LpXvBncTzRwY5hGfJs4aEoU1i⟧ goes in the header.
Maps key: ⟦AI¦zaSyB7Kd92mQpLzVbNcT57wRyHGfJs4aEoU1i⟧
Google token ⟦ya¦29.a0Kd92mQpLzVbNcT57wRyHGfJs4aEoU1i⟧
HF_TOKEN: ⟦hf¦_QmLpXvBncTzRwYhGfJsKdaEoUiNqZrTbWe⟧
//packages.ourfirm.io/:_authToken=⟦np¦m_7KdQm92LpXvBncTzRwY5hGfJs4aEoU1iX3q8⟧
twine upload -p ⟦py¦pi-AgEIcHlwaS5vcmcCJDk3KdQm92LpXvBncTzRwY5hGfJs4aEoU1i⟧
DigitalOcean ⟦dop¦_v1_7fd3a9c1e4b86250fd17ac39be5840d2c6f1a7e93b5d08c4e2f6a1b7d9c3e5f0⟧
SendGrid ⟦SG¦.x7Kd9mQpLz2VbNcT5wRyHg.aKd72LmQx3VbNc81TzRwY5hGfJs4pE6oU0iXqZ8t⟧
mailgun: ⟦key¦-7fd3a9c1e4b86250fd17ac39be5840d2⟧
Twilio sid ⟦AC¦7fd3a9c1e4b86250fd17ac39be5840d2⟧ and the rest is fine
Shopify ⟦shp¦at_7fd3a9c1e4b86250fd17ac39be5840d2⟧ for the private app
Telegram bot ⟦5839201¦746:AAF7KdQm92LpXvBncTzRwY5hGfJs4aEoU1i⟧ replies slowly.
Discord hook https://discord.com/api/webhooks/829104756382910475/⟦x7Kd9mQpLz2V¦bNcT5wRyHGfJs4aEoU1iXq3Tb0nMkd82LmQp3XcVb71NzRtY6w⟧
Slack hook https://hooks.slack.com/services/⟦T02KD9¦MQP/B7LZ2VBNC/x7Kd9mQpLz2VbNcT5wRyHGfJ⟧
Square ⟦EA¦AAEKd92mQpLzVbNcT57wRyHGfJs4aEoU1iXq3x8Tb0nMkd82LmQp3XcVb71Nz⟧
Linear: ⟦lin¦_api_7KdQm92LpXvBncTzRwY5hGfJs4aEoU1iX3q8⟧
Azure: AccountKey=⟦x7Kd9mQpLz2V¦bNcT5wRyHGfJs4aEoU1iXq3Tb0nMkd82LmQp3XcVb71NzRtY6wQaZsEdCrFvTg1B==⟧;
Session cookie ⟦eyJ¦hbGciOiJIUzI1NiJ9.eyJzdWIiOiI4MjczNjQ1In0.kD92mQpLzVbNcT57wRyHGfJs4aE⟧
The wifi password is ⟦Tulip!River29⟧.
My password is ⟦hunter4285⟧, please change it.
password: ⟦M0untain-Goat#7⟧
Passwort: ⟦Sommer2024!⟧
Das Kennwort lautet ⟦Kirsche#88x⟧.
Mot de passe : ⟦Bordeaux1987$⟧
Le mot de passe est ⟦Tr3s-Secr3t⟧.
La contraseña es ⟦Girasol_2291⟧.
Het wachtwoord is ⟦Fiets4Molen!⟧.
Hasło: ⟦Zamek!1410k⟧
La password è ⟦Pomodoro!55⟧.
Log in as root with password ⟦qV7#mLp2x⟧ and restart.
The password for the staging server is ⟦otter-Lamp-93⟧.
user: admin, pass: ⟦Gr4nite_Peak⟧
The door code is ⟦4471#⟧ after eight.
My PIN is ⟦8264⟧.
passphrase = "⟦correct-Horse-71-battery⟧"
The token is ⟦9f8a7c6d5e4b3a2f1c0d9e8b7a6f5c4d⟧ and it never expires.
The API key is ⟦b7d29f4c81ea4035a6c2d9e07f13b854⟧.
client_secret: "⟦Zx8~Q7Kd9mQpLz2VbNcT5wRyHGfJs4aEoU⟧"
secret = '⟦x7Kd9mQpLz2VbNcT5wRyHGfJ⟧'
```python¶client = Client(api_key="⟦7KdQm92LpXvBncTzRwY5hGfJ⟧")¶```
```bash¶export DB_PASSWORD=⟦pL9vQ2mXz7⟧¶make deploy¶```
```yaml¶database:¶  user: app¶  password: ⟦Hx83kd!qLp⟧¶```
```json¶{"username": "ops", "password": "⟦Wint3r-Palace⟧"}¶```
In `.env`: `SECRET_KEY=⟦django-7x!kd92mqplz3vbnct57wryh⟧`
```js¶const token = "⟦gh¦o_9aKd72LmQx3VbNc81TzRwY5hGfJs4pE6oU0i⟧";¶```
GET /v1/orders?api_key=⟦7KdQm92LpXvBncTz⟧&page=2
Open https://files.tidemail.co/d/88?token=⟦aKd72LmQx3VbNc81⟧ to see it.
https://api.finch.io/users?access_token=⟦x7Kd9mQpLz2VbNcT5wRy⟧
The link https://blob.finch.io/a.zip?sv=2022&sig=⟦Kd92mQpLzVb%2BNcT57wRy%3D⟧ works for a day.
git clone https://tomh:⟦gl9Kd72Lm⟧@git.riversend.org/site.git
postgres://app:⟦s3cretGranite⟧@db.riversend.org:5432/shop
mongodb+srv://root:⟦Wk29xQm⟧@cluster0.finch.mongodb.net/test
redis://:⟦p4xQm29Lz⟧@cache.internal:6379/0
amqp://worker:⟦Rabb1t-Hole⟧@queue:5672
DATABASE_URL=mysql://shop:⟦kd92mQpLz⟧@10.0.0.5/shop
Server=db1;Database=shop;User Id=app;Password=⟦Gr4nite!Peak9⟧;Encrypt=true
Server=db1;User Id=sa;Pwd=⟦Kw!82mPx⟧;Encrypt=true
Authorization: Bearer ⟦7KdQm92LpXvBncTzRwY5hGfJs4aE⟧
curl -H "Authorization: Basic ⟦dG9taDpnbDlLZDcyTG0=⟧" https://api.finch.io
curl -u tomh:⟦gl9Kd72Lm⟧ https://api.finch.io/v1
mysql -u root -p⟦Kd92mQpLz⟧ shop
X-Api-Key: ⟦7KdQm92LpXvBncTz⟧
⟦-----BEGIN RSA PRIV¦ATE KEY-----¶MIIEowIBAAKCAQEAx7Kd9mQpLz2V¶bNcT5wRyHGfJs4aEoU1iXq3T¶-----END RSA PRIV¦ATE KEY-----⟧
Here: ⟦-----BEGIN OPENSSH PRIV¦ATE KEY-----¶b3BlbnNzaC1rZXktdjEAAAAABG5v¶-----END OPENSSH PRIV¦ATE KEY-----⟧ ok?
```¶⟦-----BEGIN PRIV¦ATE KEY-----¶MIGHAgEAMBMGByqGSM49AgEG¶-----END PRIV¦ATE KEY-----⟧¶```
⟦-----BEGIN PGP PRIV¦ATE KEY BLOCK-----¶¶lQOYBGKd92mQpLzVbNcT57wRyHGfJs¶-----END PGP PRIV¦ATE KEY BLOCK-----⟧
{"private_key": "⟦-----BEGIN PRIV¦ATE KEY-----\\nMIIEvQIBADANBgkq\\n-----END PRIV¦ATE KEY-----⟧\\n"}
The admin's login is tomh / ⟦Gr4nite_Peak⟧ (password).
btw the router login is admin and the password is ⟦Q9vL!t2x⟧
Hier das Passwort für den Server: ⟦Regen-Bogen77⟧
creds -> user=lena password=⟦mOnd3nsch3in⟧
ENV API_SECRET=⟦9dKx72LmQpVbNc81TzRwY5⟧
headers = {"Authorization": "Bearer ⟦9dKx72LmQpVbNc81TzRwY5hGfJs4⟧"}
const apiKey = '⟦9dKx72LmQpVbNc81TzRwY5hGfJs4⟧';
ftp://lena:⟦w1nd-mill⟧@files.riversend.org/in
New password: ⟦Blue$Kettle9⟧ - please change after first login.
secret_token: ⟦f2c81d9e07a64b3b95d8e1f04c7a2b6d⟧
The pin for the alarm is ⟦7719⟧.
requests.get(url, auth=("lena", "⟦w1nd-mill⟧"))
wifi: RiverGuest / pw: ⟦kayak-2291⟧
docker login -u lena --password ⟦dK72LmQpVb⟧ registry.finch.io
Set `OPENAI_API_KEY` to `⟦sk-¦9dKx72LmQpVbNc81TzRwY5hGfJs4aEoU1iXq3T8b⟧`.
""",
}

_WITHOUT = """
Your order 4471-882913-22 has been shipped.
Order number 512-63-8471 is on its way.
Booking reference: K7QX92
Your booking 20250118-4471 is confirmed for two guests.
Tracking number 1Z999AA10123456784 shows no movement.
Parcel 00340434161094042557 is in Leipzig.
DHL tracking: JJD000390007827364512
Invoice INV-2024-009182 is due on 14/03/2025.
Rechnung Nr. 2024-118273 ist noch offen.
Die Bestellnummer lautet 304-8172635-2918273.
La commande n° 40817263 est prête.
Zamówienie nr 48291736 zostało wysłane.
Bestelling 2918273645 is onderweg.
El pedido 118-2736451-9182736 llegará mañana.
ISBN 978-3-16-148410-0 is the hardback.
ISBN-10: 0-306-40615-2
The serial number is 4532987165402139.
Part no. 020 7183 8750 fits the older model.
EAN 4006381333931 is the highlighter.
Ticket #8273645 was closed on Monday.
Case 2023-CV-004512 is still pending.
The flight LH 1829 leaves at 18:45 from gate B22.
Version 2.14.0.3 fixes the crash.
Upgrade to firmware 10.3.4.12 first.
We run nginx 1.25.3.1 from the vendor's host.
See section 4.3.2.1 of the manual.
Release 81.152.204.37 of the browser is out.
Chrome 120.0.6099.129 connects from behind a proxy.
The 08:15 from Leeds arrives at 10:42, platform 7.
Trains leave at 06:12, 06:42, 07:12 and 07:42.
Opening times: Mon-Fri 09:00-17:30, Sat 10:00-14:00
The fare is £12.50 single, £21.80 return.
It costs 1 299,99 € including VAT.
The house sold for $1,250,000 in 2021.
Revenue rose from 4,532,987 to 5,273,481.
The beam is 3.25 m x 0.45 m x 0.12 m.
Mix 250 g flour, 120 ml milk and 2 eggs.
He weighs 82.5 kg and is 184 cm tall.
The tank holds 1 200 000 litres.
The meeting is on 14/03/2025 at ten.
The battle was fought on 18 June 1815.
The company was founded on 3 May 1974.
Valid from 2024-01-01 until 2024-12-31.
The moon landing was on July 20, 1969.
Napoleon's army crossed the river on 24/06/1812.
Stand: 05.09.2024, Seite 12 von 30
The cabin is at 47.6062, -122.3321.
GPS: 52°31'12.0"N 13°24'18.0"E
Koordinaten 48.137154, 11.576124
sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
The md5 is d41d8cd98f00b204e9800998ecf8427e.
Request id 7f3a9c1e-4b86-4250-9d17-ac39be5840d2 failed.
Fixed in commit 9f8a7c6d5e4b3a2f1c0d9e8b7a6f5c4d3e2b1a09.
Revert 3b18e512dba79e4c8300dd08aeb37f8e728b8dad before release.
The etag is "33a64df551425fcc55e4d42a148795d9f25f89d4".
trace_id=4bf92f3577b34da6a3ce929d0e0e4736
Write to jane.doe@example.com for instance.
Use user@example.org as the sample address.
The fixture has bob@test.invalid in it.
Set the host to 192.0.2.44 in the docs.
The server 198.51.100.7 is only an example.
Connect to 203.0.113.9 in the exercise.
My router is at 192.168.1.1 as usual.
The host 10.0.12.7 is inside the cluster.
Listen on 127.0.0.1 or 0.0.0.0.
Bind to ::1 or fe80::1 on the server.
The host 2001:db8::42 is a documentation address.
DNS server 8.8.8.8 answers quickly.
Set the resolver host to 1.1.1.1 or 9.9.9.9.
In the film she dials 212-555-0147.
Call (555) 555-0199 in the sample dialogue.
The drama uses 07700 900123 as her mobile.
The script says "ring 020 7946 0321".
Phone 01632 960987 in the play.
Pay with the test card 4111 1111 1111 1111.
Stripe accepts 4242424242424242 in test mode.
Use 5555 5555 5555 4444 or 3782 822463 10005 in the sandbox.
The card 4532 9871 6540 2138 fails the check.
The sample SSN 078-05-1120 was printed on a wallet insert.
Write to support@riversend.org with your order.
Questions? info@tidemail.co or sales@finch.io
Schreiben Sie an kundenservice@finch.io.
Contactez service.client@finch.io pour un retour.
Mail klantenservice@riversend.nl voor hulp.
The bot sends from no-reply@finch.io.
Escribe a atencion@finch.es para más ayuda.
git clone git@github.com:finch/site.git
Follow @finch_io on the network.
Install @types/node@20.4.2 with npm.
pip install torch@2.1.0 is not valid syntax.
The dot at the end of the line is missing.
Meet me at the dot on the map.
We met at noon at cafe dot, a small place.
I work at a dot com company.
password = input("Password: ")
password = getpass.getpass()
token = os.environ["API_TOKEN"]
api_key = os.getenv("OPENAI_API_KEY")
const token = process.env.GITHUB_TOKEN;
const apiKey = config.get('apiKey');
client = OpenAI(api_key=settings.openai_key)
if password == confirm_password:
password = user.password_hash
def login(username, password=None):
self.token = self.tokenizer.next_token()
secret = Secret.from_file(path)
token: str = Field(default="")
const password = document.getElementById('pw').value;
$password = $_POST['password'];
String token = request.getHeader("Authorization");
let secret = env::var("APP_SECRET")?;
PASSWORD=${DB_PASSWORD}
password: {{ vault_db_password }}
password: "<your password>"
api_key: YOUR_API_KEY
token = "xxxxxxxxxxxxxxxx"
password: ********
export API_KEY=your-key-here
Authorization: Bearer <token>
Authorization: Bearer $TOKEN
curl -H "Authorization: Bearer ${ACCESS_TOKEN}" https://api.finch.io
postgres://user:password@localhost/db
https://user:<password>@git.finch.io/site.git
Use AKIAIOSFODNN7EXAMPLE as in the manual.
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
A key starting with sk_live_ is a production key.
GitHub tokens begin with ghp_ followed by 36 characters.
A key file starts with -----BEGIN PRIVATE KEY----- and a line break.
-----BEGIN PRIVATE KEY-----¶...¶-----END PRIVATE KEY-----
-----BEGIN PUBLIC KEY-----¶MFkwEwYHKoZIzj0CAQYI¶-----END PUBLIC KEY-----
-----BEGIN CERTIFICATE-----¶MIIDdzCCAl+gAwIBAgIE¶-----END CERTIFICATE-----
How do I reset my password?
Your password must have at least 12 characters, one digit and one sign.
The password is case-sensitive.
The password is stored as a hash.
The password is too short; try 14 characters.
A strong password is long and random.
The key is under the mat.
The key is to practise every day.
The secret is good stock and patience.
The secret: never stop stirring.
Das Passwort ist abgelaufen.
Le mot de passe est obligatoire.
La contraseña es incorrecta.
Het wachtwoord is verlopen.
Hasło jest nieprawidłowe.
Passwort: mindestens 8 Zeichen
Your PIN is printed on the letter from the bank.
The PIN is four digits long.
My pin is stuck in the cushion.
The door code is on the second page.
The primary key is customer_id.
The API key is required for every request.
The access token is valid for 60 minutes.
Each token is a word or a part of one.
The sentence has 14 tokens, and the last token is "dog".
The next token is predicted from the context.
token: a unit of text, such as a word
The [CLS] token is put first; token = [MASK] comes later.
max_tokens=512, temperature=0.7
tokens: 1,024 in, 256 out
"token_count": 2048
pad_token: <pad>
tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
The bus token is 2.50 now.
{"key": "value", "count": 3}
{"key": "user_settings", "value": "dark-mode"}
{"token": "dog", "pos": "NOUN"}
{"password": {"type": "string", "minLength": 8}}
{"secret": true, "key": "title"}
<input type="password" name="password1">
key=lambda row: row["score"]
sorted(items, key=itemgetter(1))
The background is #1a2b3c and the border #ff8800.
color: rgba(255, 128, 0, 0.5);
Caffeine is C8H10N4O2.
2 H2O2 -> 2 H2O + O2
Glucose, C6H12O6, is a sugar.
Arsenal won 3-1, then 2-2 and 4-0.
The set ended 7-6 (7-4), 6-3, 6-4.
Final score: 112-108 after overtime.
The café is in Baker Street, near the station.
Meet at the corner of Maple Road and High Street.
Die Lindenstraße ist wegen Bauarbeiten gesperrt.
La rue des Lilas est fermée dimanche.
De Prinsengracht is prachtig in de herfst.
Ulica Długa jest w centrum Krakowa.
Calle Mayor está llena de turistas.
Via Garibaldi è chiusa al traffico.
There are 14 Maple trees along the road.
In 28 Days Way Out West sold out.
Bosch, Siemens and 3M have offices there.
Studio 54 and Forever 21 are names.
Procter & Gamble bought it from Gillette.
3 + 5 * (12 - 4) = 67
The integral from 0 to 1 of x^2 is 1/3.
pi is 3.14159265358979
1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 = 45
1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144
x = 4532987165402139 / 7
2^64 = 18446744073709551616
f(2) = 14, f(3) = 27, f(4) = 44
John 3:16 and Romans 8:28-30
1 Corinthians 13:4-8, Psalm 119:105
Call 1-800-FLOWERS today.
Dial 999 in an emergency, or 112 in Europe.
Text STOP to 87070 to unsubscribe.
The helpline 116 123 is free.
The year 1984 and the years 1990-1995
Chapters 10-12, pages 212-236
Windows 10 22H2 build 19045.3803
Python 3.11.9 on Ubuntu 22.04.4
The unix time is 1718273645 now.
Timestamp 20240315142233 in the log file
Population 8,982,000 (2019)
The meter reads 004512.7 kWh.
Sensor 3 gave 20.1 20.4 20.9 21.3 degrees.
1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
Model number RX 6800 XT and driver 23.11.1
She was born in 1974 and died in 2019.
My birthday is in May.
Shakespeare was born in Stratford.
Bring your passport or driving licence.
A passport costs 82.50 and takes 3 weeks.
A passport renewal takes 10 weeks.
Your passport must be valid for 6 months.
Passport control is at gate B12.
Der Reisepass kostet 70 Euro.
An IBAN in Germany has 22 characters and starts with DE.
DE00 1234 5678 9012 3456 78 is no real account.
Use sort code 12-34-56 in the example.
AB 12 34 56 is a chess opening code.
HTTP 404, 500 and 503 are error codes.
RFC 5322 defines addresses such as local-part@domain.
Room 212, floor 3, building 14
The postcode BS6 5LT covers Redland.
Driving on the A40 and M25 took 3 hours.
M8 x 40 DIN 933 bolts, pack of 100
The score was 4,5 von 5 Sternen.
Konto 4711 und Kostenstelle 0815
Ref. 2024/118/B, file 77
uuid.uuid4() gives 550e8400-e29b-41d4-a716-446655440000
data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUA
https://finch.io/blog/2024/03/15/password-managers?page=2
https://shop.finch.io/p/8273645?key=summer-sale
https://finch.io/reset?token=TOKEN
Your reservation 8829-1173-46 at the Harbour Inn is for May 3.
Claim 07-2219-8846 was approved in full.
Meter number 14 0382 5519 on the bill
The VIN is 1HGCM82633A004352.
VAT no. GB 123 4567 82 is on the letterhead.
Account manager: ask at the front desk, extension 4471.
Our hotline is open from 8 to 20, seven days a week.
Ring road 12 is closed between exits 3 and 7.
Reach 100 000 000 users by 2030.
The call lasted 12:45 minutes on 12.03.2024.
Text 3 has 1500 words, text 4 has 2250.
Die Nummer 1234567890 ist nur ein Platzhalter.
The phone has 8 GB memory, 256 GB storage and 5000 mAh.
ICD code F32.1, CPT 99213, dose 20 mg
Lot 2024-07-A, best before 2026-01-31
IEEE 802.11 and ISO 27001 are standards.
The OID 1.3.6.1.4 is in the server certificate.
SELECT * FROM users WHERE id = 8273645 AND status = 2;
x = [512, 638, 4711, 9021, 33, 7]
assert luhn("79927398713")
MAC 00:1A:2B:3C:4D:5E is printed on the host.
The subnet 10.20.0.0/16 holds the servers.
from 12.5.3.1 on, the client library needs Rust
The 1990s: born in the USA, raised on rock
The law was born of 9 years of debate.
Version 3 of the passport API returns 20 fields.
id_card_count = 48291736
Her passport photo is 35 x 45 mm.
The DNI is the Spanish identity document.
A PESEL has 11 digits.
Route 66, Springfield, and 5th Avenue are famous.
Fahren Sie die Hauptstraße 500 m geradeaus.
Der Weg ist 12 km lang, 45000 Menschen kamen.
In Paris gibt es 20 Arrondissements, 75001 bis 75020.
La rue compte 20 maisons.
Kapitel 12, 50674 Zeichen
Postleitzahl 10115 gehört zu Berlin-Mitte.
Take the 14 bus to Elm Street, then walk.
The password field accepts 8-64 characters.
password: str | None = None
token = jwt.encode(payload, key, algorithm="HS256")
token = response.json()["access_token"]
API_KEY = config["api"]["key"]
if not token: raise ValueError("token missing")
password = "".join(random.choices(alphabet, k=16))
hashed = bcrypt.hashpw(password.encode(), salt)
secret = base64.b64decode(encoded)
const [password, setPassword] = useState('');
Password: at least one of A-Z, a-z, 0-9
The secret is 32 bytes long.
The API key is 32-byte random data.
The password is wrong!
The token is expired?
Passwords: bcrypt with cost 12
The access key is alt+s in most browsers.
Her secret is 20 minutes of yoga.
The pass is 2,400 m high.
Pass: 68 %, fail: 32 %
pass = passengers_2024
token: <eos>, id 2
tokens/s: 1820.5
The secret to 90% of it: patience.
Bearer of good news since 1999
Basic understanding of internationalization is needed.
class="sk-toggleable__content-arrow"
pip install hf_transfer==0.1.6
The secret santa budget is 15 euros.
foreign key: customer_id references customers(id)
ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 is a public key.
secret: projects/finch/secrets/db
DB_PASSWORD=$(pass show finch/db)
token=$(cat /run/secrets/token)
password_file: /run/secrets/db_password
kubectl get secret my-app-secret -o yaml
pin: 13 on the Arduino, 3.3 V
The time of birth is 04:12.
Email me @ noon, ok?
We look at amazon dot com sometimes.
user@host:~$ ls -la
root@web01.internal: permission denied
Price list 2024/25: 4.99, 5.49, 6.99, 12.99
"""


def _cases(block: str) -> list[str]:
    """The cases of a block, as texts."""
    return [line.replace("¦", "").replace("¶", "\n") for line in block.strip().split("\n")]


WITH = {kind: _cases(block) for kind, block in _WITH.items()}
WITHOUT = _cases(_WITHOUT)
