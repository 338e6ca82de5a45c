"""A `gcloud` that plays Google Cloud from one JSON file, and a front that plays Cloud Run's routing from the same file.

    cloud = RecordedCloud(tmp_path / "cloud", config)      # .cloud: what there is; how calls fail, kill and hang
    subprocess.run(["gcloud", ...], env={**os.environ, **cloud.environment})
    with Front(cloud, answer): ...                         # .front: sets the services' addresses to its own
    with Processes(cloud, {...}) as answer: ...            # .processes: real functions answer, one process a revision

It is two halves, as in the world: `run.py`, `template.py` and `traffic.py` do what gcloud does before it asks,
`serving.py` what the API of Cloud Run does then. `api.py` offers the second half over HTTP, so that the tests let the
real gcloud (`real.py`) do the first one and compare. What gcloud says is checked against the installed one; what only
Google's servers say (in `refusals.py`) stands beside where it was seen. A new command is a line in `commands.py`, its
handler, and a form in `forms.py`.
"""
