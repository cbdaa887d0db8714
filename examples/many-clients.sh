#!/bin/sh
# For an office with several clients: one settings file each, such as clients/fjord.env. A profile's
# state is clients/fjord.json, unless its settings say otherwise. All profiles with the same
# subscription key keep to one pace together.
set -u
cd "${1:?Usage: many-clients.sh FOLDER}" || exit 78
worst=0
for settings in ./*.env; do
  profile=$(basename "$settings" .env)
  for pass in push-relations pull-relations push-products pull-products; do
    tribe-po --profile "$profile" "$pass"
    code=$?
    if [ "$code" -ne 75 ] && [ "$code" -gt "$worst" ]; then worst=$code; fi
  done
done
exit "$worst"
