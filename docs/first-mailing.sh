#!/bin/sh
# The whole way of a mailing over GraphQL, with nothing but curl: registration, the letter that proves the address,
# log-in, clients, a message, its preview, a mailing, and what became of every letter. docs/first-mailing.md explains it.
#
#   SERVICE    where the service is                                  http://127.0.0.1:8080
#   EMAIL      an address whose letters you can read                 one is made up if there is a MAILBOX
#   PASSWORD   for the new account                                   one is made up
#   MAILBOX    where the demo's mailbox is; it is searched for the   none: you are asked to paste the link
#              letter, so that nobody has to paste anything
set -eu

SERVICE=${SERVICE:-http://127.0.0.1:8080}
SERVICE=${SERVICE%/}
MAILBOX=${MAILBOX:-}
MAILBOX=${MAILBOX%/}
EMAIL=${EMAIL:-${MAILBOX:+first.mailing.$(date +%s)@example.org}}
PASSWORD=${PASSWORD:-$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')}

# How many seconds the letter, and later the run, may take.
PATIENCE=120

token=
answer=

fail() {
    printf '\nfirst-mailing: %s\n' "$1" >&2
    exit 1
}

step() {
    printf '\n== %s\n\n' "$1"
}

# A text as JSON writes it, in quotation marks.
quoted() {
    printf '%s' "$1" | awk '
        BEGIN { printf "\"" }
        { gsub(/["\\]/, "\\\\&"); gsub(/\t/, "\\t"); gsub(/\r/, "\\r"); printf "%s%s", (NR > 1 ? "\\n" : ""), $0 }
        END { printf "\"" }'
}

# Without what nobody else should read over your shoulder.
masked() {
    sed -E 's/"(password|token)":"([^"\\]|\\.)*"/"\1":"..."/g'
}

# Runs a query with its variables; what comes back is in $answer. Ends everything if that is an error. There are no
# quotation marks in the queries, as every value is a variable.
ask() {
    body=$(printf '{"query":"%s","variables":%s}' "$(printf '%s' "$1" | tr '\n' ' ')" "$2")
    answer=$(printf '%s' "$body" | curl -sS --max-time 60 -H 'Content-Type: application/json' \
        ${token:+-H "Authorization: Bearer $token"} --data-binary @- "$SERVICE/graphql") ||
        fail "nobody answers at $SERVICE: start the service (make demo), or set SERVICE to its address"
    case $answer in
        *'"errors":['* | *'"userErrors":[{'*) fail "the service refuses: $answer" ;;
        '{"data":'*) ;;
        *) fail "this is no SkyMailing at $SERVICE; it answers: $answer" ;;
    esac
}

# The same for everybody to see.
show() {
    printf '%s\n' "$1"
    printf 'with %s\n' "$2" | masked
    ask "$1" "$2"
    printf '\n%s\n' "$answer" | masked
}

# The first text that has this name in the answer.
text() {
    found=$(printf '%s' "$answer" | awk -v name="$1" '
        match($0, "\"" name "\":\"[^\"]*\"") { print substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 5); exit }')
    [ -n "$found" ] || fail "the answer has no $1: $answer"
    printf '%s' "$found"
}

# A page of the mailbox.
page() {
    curl -sS -f --max-time 60 "$MAILBOX/$1" || fail "there is no mailbox at $MAILBOX: is MAILBOX right?"
}

# The newest letter to EMAIL, as the mailbox received it; nothing if there is none yet. Its soft line breaks are undone.
newest_letter() {
    number=$(page 'letters.json?limit=100' | tr '{' '\n' | grep -F "\"$EMAIL\"" |
        sed -n '1s/^"number":\([0-9]*\).*/\1/p')
    [ -z "$number" ] || page "letters/$number" | tr -d '\r' |
        awk '{ if (sub(/=$/, "")) printf "%s", $0; else print }' | sed 's/=3D/=/g'
}

# What a link proves: all after "token=".
proof() {
    sed -n 's/.*[?&]token=\([A-Za-z0-9_-]*\).*/\1/p' | sed -n 1p
}

command -v curl >/dev/null || fail 'curl is needed, and it is not installed'
[ -n "$EMAIL" ] || fail 'set EMAIL to an address whose letters you can read, or MAILBOX to the address of a mailbox of the demo'

[ -z "$MAILBOX" ] || page 'letters.json?limit=1' >/dev/null

step "1. Register $EMAIL"
show 'mutation($input: UserRegisterInput!) {
  userRegister(input: $input) { accepted userErrors { field code message } }
}' "{\"input\":{\"email\":$(quoted "$EMAIL"),\"fullName\":\"Ann Example\",\"password\":$(quoted "$PASSWORD")}}"

step '2. Prove the address, with the link in the letter'
link=
if [ -n "$MAILBOX" ]; then
    waited=0
    while link=$(newest_letter | proof) && [ -z "$link" ]; do
        [ "$waited" -lt "$PATIENCE" ] || fail "there is no letter to $EMAIL at $MAILBOX"
        waited=$((waited + 1))
        sleep 1
    done
else
    printf 'A letter is on its way to %s. Paste the link in it, and press Enter: ' "$EMAIL"
    IFS= read -r pasted || fail 'there was no link'
    printf '\n'
    link=$(printf '%s' "$pasted" | proof)
    [ -n "$link" ] || fail "this is not the link in the letter, which has a token in it: $pasted"
fi
show 'mutation($input: EmailVerifyInput!) {
  emailVerify(input: $input) { verified userErrors { field code message } }
}' "{\"input\":{\"token\":$(quoted "$link")}}"

step '3. Log in'
show 'mutation($input: SessionCreateInput!) {
  sessionCreate(input: $input) { session { token expiresAt } viewer { email fullName } userErrors { field code message } }
}' "{\"input\":{\"email\":$(quoted "$EMAIL"),\"password\":$(quoted "$PASSWORD")}}"
token=$(text token)

step '4. Import clients, as a spreadsheet exports them'
csv="email,full_name,groups
$EMAIL,Ann Example,Friends"
# Only a mailbox that keeps everything to itself gets letters to people who are made up.
[ -z "$MAILBOX" ] || csv="$csv
bob@example.org,Bob Builder,Friends
zoe@example.org,Zoë Żak,\"Friends, Press\""
show 'mutation($input: ClientsImportInput!) {
  clientsImport(input: $input) {
    report { rows imported bad groupsCreated problems { line column code message } }
    userErrors { field code message }
  }
}' "{\"input\":{\"csv\":$(quoted "$csv")}}"
show '{ groups(first: 1) { nodes { id name size } } }' '{}'
group=$(text id)
show '{ clients(first: 1) { nodes { id email fullName } } }' '{}'
client=$(text id)

step '5. Write a message'
letter='Dear {{full_name}},

this is your first letter. It was written for you alone, and sent to {{email}}.'
show 'mutation($input: MessageCreateInput!) {
  messageCreate(input: $input) { message { id revision } userErrors { field code message } }
}' "{\"input\":{\"subject\":\"Good news, {{first_name}}\",\"text\":$(quoted "$letter")}}"
message=$(text id)

step '6. Read it as a client will'
show 'query($input: MessagePreviewInput!) {
  messagePreview(input: $input) { subject text userErrors { field code message } }
}' "{\"input\":{\"messageId\":\"$message\",\"clientId\":\"$client\"}}"

step '7. Plan a mailing whose window is open: it starts at once'
show 'mutation($input: MailingCreateInput!) {
  mailingCreate(input: $input) { mailing { id status nextRunAt } userErrors { field code message } }
}' "{\"input\":{\"name\":\"First mailing\",\"messageId\":\"$message\",\"audience\":{\"groupIds\":[\"$group\"]},\
\"startsAt\":\"$(date -u +%Y-%m-%d)T00:00:00Z\",\"endsAt\":\"$(($(date -u +%Y) + 1))-12-31T00:00:00Z\",\
\"periodicity\":{\"kind\":\"ONCE\"},\"timeZone\":\"UTC\",\"idempotencyKey\":\"first-mailing\"}}"
mailing=$(text id)

step '8. Wait until the run is finished'
run_query='query($id: ID!) {
  mailing(id: $id) { status runs(first: 1) { nodes {
    status progress { planned accepted rejected deferred unknown suppressed expired pending } report { text }
  } } }
}'
printf '%s\n' "$run_query"
waited=0
while ask "$run_query" "{\"id\":\"$mailing\"}" && case $answer in *'"status":"FINISHED"'*) false ;; esac do
    [ "$waited" -lt "$PATIENCE" ] || fail "the run is not finished after $PATIENCE seconds: $answer"
    waited=$((waited + 1))
    sleep 1
done
printf '\n%s\n' "$answer"

step '9. Read the report'
printf '%b\n' "$(text text)"

step '10. See who got what, when, and what the mail server answered'
show 'query($id: ID!) {
  mailing(id: $id) { runs(first: 1) { nodes { deliveries(first: 10) { nodes {
    clientEmail outcome attempts { at outcome code enhancedCode serverReply }
  } } } } }
}' "{\"id\":\"$mailing\"}"

step '11. See everything that happened, and who did it'
show 'query($id: ID!) {
  mailing(id: $id) { history(first: 50) { nodes { at actor { name } summary } } }
}' "{\"id\":\"$mailing\"}"

printf '\nThat is all. Log in at %s/graphiql as %s with the password %s\n' "$SERVICE" "$EMAIL" "$PASSWORD"
