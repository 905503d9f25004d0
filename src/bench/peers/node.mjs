// The same batch on Node: http.Agent with keep-alive, Promise.all. Arguments: port, upstream's host and port.
import http from "node:http";

const [port, upstreamHost, upstreamPort] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 500, scheduling: "lifo" });

function read(stream) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    stream.on("data", (chunk) => chunks.push(chunk));
    stream.on("end", () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    stream.on("error", reject);
  });
}

function call({ path }) {
  return new Promise((resolve, reject) => {
    http
      .get({ host: upstreamHost, port: upstreamPort, path, agent }, (response) => {
        read(response).then((body) => resolve({ status: response.statusCode, body: JSON.parse(body) }), reject);
      })
      .on("error", reject);
  });
}

http
  .createServer(async (request, response) => {
    if (request.method !== "POST") {
      response.writeHead(405).end();
      return;
    }
    try {
      const { requests } = JSON.parse(await read(request));
      const results = await Promise.all(requests.map(call));
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ results }));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  })
  .listen(Number(port), "127.0.0.1", 4096);
