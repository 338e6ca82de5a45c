from shared.http import json_response
def handle(request, context): return json_response(200, {"status":"pass"})
