"""A recommender of your own, in any language: it speaks POST /recommend/batch and POST /events, and plays as an arm.

    python3 notebooks/policies/my-service.py 8090 &
    npx stagecraft compare --scale tiny --policy http://127.0.0.1:8090

This one keeps the watch time per impression of each video and shows the best, with one page in ten at random.
"""
import json, random, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

shown, watched = {}, {}


def page(request):
    live, slots = request["context"]["live"], request["slots"]  # videos 0 … live - 1 may be shown
    best = sorted(shown, key=lambda video: -watched[video] / (shown[video] + 20))[:slots]
    if len(best) < slots or random.random() < 0.1:
        best = random.sample(range(live), slots)
    return {"items": [{"video": video} for video in best]}


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections stay open

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        for event in body.get("events", []):
            shown[event["video"]] = shown.get(event["video"], 0) + 1
            watched[event["video"]] = watched.get(event["video"], 0) + event["watchMs"]
        answer = json.dumps({"pages": [page(request) for request in body.get("requests", [])]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


HTTPServer(("127.0.0.1", int(sys.argv[1])), Service).serve_forever()
