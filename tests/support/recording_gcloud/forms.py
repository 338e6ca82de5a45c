"""Every form of a command that the recording gcloud understands, each flag in one at least."""

PLACE = "--project=my-company-staging --region=europe-west1"
PROJECT = "--project=my-company-staging"
ACCOUNT = "opos-health@my-company-staging.iam.gserviceaccount.com"
IMAGE = "europe-west1-docker.pkg.dev/my-company-staging/opos/opos"
FORMS = (
    "version --format=json",
    "auth list --filter=status:ACTIVE --format=json",
    f"auth print-identity-token --impersonate-service-account={ACCOUNT} --audiences=opos-health --include-email",
    "projects describe my-company-staging --format=json",
    "projects get-iam-policy my-company-staging --format=json",
    f"services list --enabled {PROJECT} --format=json --limit=100",
    f"beta quotas info list --service=run.googleapis.com {PROJECT} --format=json",
    f"logging read severity=ERROR --limit=500 {PROJECT} --format=json",
    f"run services list {PLACE} --format=json",
    f"run services describe health {PLACE} --format=json --verbosity=error",
    f"run services get-iam-policy health {PLACE} --format=json --account=me@example.com",
    f"run services update-traffic health --to-revisions=health-d2=10,health-d1=90 {PLACE} --quiet --platform=managed",
    f"run services update-traffic health --to-latest --update-tags=next=health-d2 --remove-tags=old {PLACE} -q",
    f"run revisions list --service=health {PLACE} --format=json",
    f"run revisions describe health-d2 {PLACE} --format=json",
    f"run deploy health --image={IMAGE}:a --no-traffic --tag=next --revision-suffix=d12-1a2b3c4 {PLACE} --quiet "
    f"--service-account={ACCOUNT} --set-env-vars=^@^A=b@C=d,e --set-secrets=A_SECRET=A_SECRET:latest --memory=512Mi "
    "--concurrency=16 --min-instances=0 --max-instances=10 --cpu-boost --timeout=60 --labels=commit=abc "
    "--set-custom-audiences=opos-health --ingress=all --format=json --platform=managed",
    f"run deploy health --image={IMAGE}:a --clear-secrets --no-cpu-boost --update-labels=commit=abc {PLACE}",
    f"artifacts docker images describe {IMAGE}:a {PROJECT} --format=json",
    f"builds submit . --config=cloudbuild.yaml --region=europe-west1 {PROJECT} --substitutions=_TAG=a --async "
    "--suppress-logs --gcs-source-staging-dir=gs://a/b --timeout=1200 --ignore-file=.gcloudignore "
    f"--service-account=projects/my-company-staging/serviceAccounts/{ACCOUNT}",
    f"secrets create A_SECRET --replication-policy=automatic --data-file=- {PROJECT}",
    f"secrets describe A_SECRET {PROJECT} --format=json",
    f"secrets get-iam-policy A_SECRET {PROJECT} --format=json",
    f"secrets versions add A_SECRET --data-file=- {PROJECT}",
    f"secrets versions list A_SECRET {PROJECT} --format=json",
    f"secrets versions describe latest --secret=A_SECRET {PROJECT} --format=json",
    f"secrets versions access latest --secret=A_SECRET {PROJECT}",
    f"secrets versions disable 1 --secret=A_SECRET {PROJECT}",
    f"secrets versions enable 1 --secret=A_SECRET {PROJECT}",
    f"pubsub topics get-iam-policy events {PROJECT} --format=json",
)
