"""A recommender of your own, in any language, as an arm: watch time per impression, and one page in ten at random.

python3 notebooks/policies/my-service.py 8090 &  npx stagecraft compare --scale tiny --policy http://127.0.0.1:8090
"""
import json, random, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

shown, watched = {}, {}

def page(request):
    live, slots = request["context"]["live"], request["slots"]  # videos 0 … live - 1 may be shown
    best = sorted(list(shown), key=lambda video: -watched[video] / (shown[video] + 20))[:slots]
    if len(best) < slots or random.random() < 0.1:
        best = random.sample(range(live), slots)
    return {"items": [{"video": video} for video in best]}

class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections stay open

    def do_POST(self):  # /recommend/batch and /events
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        for event in body.get("events", []):
            watched[event["video"]] = watched.get(event["video"], 0) + event["watchMs"]
            shown[event["video"]] = shown.get(event["video"], 0) + 1
        answer = json.dumps({"pages": [page(request) for request in body.get("requests", [])]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Service).serve_forever()
