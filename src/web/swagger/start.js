// Starts Swagger UI from a file of our own origin, so that the page needs no inline script.

// The dialog of an http/bearer scheme adds the prefix itself, and people paste a token with its prefix.
function repairPrefix(request) {
  for (const name of Object.keys(request.headers ?? {})) {
    if (name.toLowerCase() !== 'authorization') continue;
    const value = String(request.headers[name]);
    request.headers[name] = value.replace(/^\s*bearer(?:\s+bearer)*\s+(?=\S)/i, 'Bearer ').trimEnd();
  }
  return request;
}

window.addEventListener('load', () => {
  window.ui = window.SwaggerUIBundle({
    url: '/api/swagger.json',
    dom_id: '#swagger-ui',
    deepLinking: true,
    filter: true,
    tryItOutEnabled: true,
    requestInterceptor: repairPrefix,
  });
});
