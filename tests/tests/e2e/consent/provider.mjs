// A real OpenID provider for the end-to-end tests: codes with PKCE alone, refresh tokens that are good once, short-lived access tokens.
//
//   node provider.mjs <seconds that an access token is good> <redirect address>
//
// Says its port on standard output. `POST /test/withdraw` ends every grant, as a person does in his account's settings.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const [seconds, redirect] = process.argv.slice(2);
const server = createServer();
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const port = server.address().port;

const provider = new Provider(`http://localhost:${port}`, {
    clients: [
        {
            client_id: "sluice", client_secret: "a secret/of+the client", redirect_uris: [redirect], response_types: ["code"],
            grant_types: ["authorization_code", "refresh_token"], token_endpoint_auth_method: "client_secret_basic",
        },
        // The interface behind it, which asks whether tokens are good.
        {
            client_id: "interface", client_secret: "interface", redirect_uris: [], response_types: [], grant_types: [],
            token_endpoint_auth_method: "client_secret_basic",
        },
    ],
    cookies: { keys: ["of the tests"] },
    features: { devInteractions: { enabled: true }, introspection: { enabled: true } },
    issueRefreshToken: async () => true,
    pkce: { required: () => true },
    rotateRefreshToken: true,
    scopes: ["openid", "offline_access", "contacts"],
    ttl: { AccessToken: Number(seconds), AuthorizationCode: 60, Grant: 3600, IdToken: 3600, Interaction: 3600, RefreshToken: 3600, Session: 3600 },
});

const grants = new Set();
provider.on("grant.saved", (grant) => grants.add(grant.jti));
provider.on("server_error", (_, error) => console.error(error));

const answers = provider.callback();
server.on("request", async (request, response) => {
    if (request.method !== "POST" || request.url !== "/test/withdraw") return answers(request, response);
    for (const grant of grants) {
        await Promise.all([provider.AccessToken, provider.RefreshToken, provider.AuthorizationCode].map((kind) => kind.revokeByGrantId(grant)));
        await (await provider.Grant.find(grant))?.destroy();
    }
    grants.clear();
    response.end();
});
console.log(port);
