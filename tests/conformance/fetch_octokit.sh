#!/bin/sh
# Brings GitHub's example payloads, as Octokit collects them, into .cache/octokit (MIT licence; not part of this project).
set -eu
cd "$(dirname "$0")/../.."
version=7.6.1
[ -f ".cache/octokit/package/package.json" ] && grep -q "\"version\": \"$version\"" .cache/octokit/package/package.json && exit 0
rm -rf .cache/octokit
mkdir -p .cache/octokit
cd .cache/octokit
npm pack --silent "@octokit/webhooks-examples@$version" >/dev/null
tar xzf ./*.tgz
