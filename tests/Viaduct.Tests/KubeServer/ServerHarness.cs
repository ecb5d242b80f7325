using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Viaduct.Kube.Server;
using Viaduct.Kube.Server.Pki;

namespace Viaduct.Tests.KubeServer;

/// <summary>A whole API server on a loopback port, with a client that may use it.</summary>
public sealed class ServerHarness : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CertificateAuthority _authority = CertificateAuthority.Create("viaduct-test");

    public ApiServer Server { get; private set; } = null!;

    public HttpClient Client { get; private set; } = null!;

    /// <summary>A client with no certificate.</summary>
    public HttpClient Anonymous { get; private set; } = null!;

    /// <summary>Where the socket of a node is; null as long as a test sets none.</summary>
    public Func<string, string?> NodeSocket { get; set; } = _ => null;

    public string KubeconfigPath => _directory.File("kubeconfig");

    public string TemporaryFile(string name) => _directory.File(name);

    public async ValueTask InitializeAsync() => await StartAsync([]);

    public async Task StartAsync(IReadOnlyList<Socket> sockets)
    {
        Server = await ApiServer.CreateAsync(new ApiServerOptions
        {
            DatabasePath = _directory.File("state.db"),
            ControlPlaneEndpoint = new IPEndPoint(IPAddress.Parse("192.168.0.2"), 6443),
            Certificates = new ServerCertificates(_authority.IssueServer(["localhost"], [IPAddress.Loopback]).ToCertificate(), _authority.Certificate),
            ListeningSockets = sockets,
            NodeSocket = node => NodeSocket(node),
        }, CancellationToken.None);
        var client = _authority.IssueClient("admin", "system:masters");
        Kubeconfig.Save(KubeconfigPath, "test", new Uri($"https://127.0.0.1:{Server.Port}"), _authority.Certificate.ExportCertificatePem(), client);
        Client = CreateClient(Server.Port, client.ToCertificate());
        Anonymous = CreateClient(Server.Port, null);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Anonymous.Dispose();
        await Server.DisposeAsync();
        _authority.Dispose();
        _directory.Dispose();
    }

    public HttpClient CreateClient(int port, X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { _authority.Certificate },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
                ClientCertificates = certificate is null ? [] : [certificate],
            },
        };
        return new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{port}") };
    }

    public async Task<(int Code, JsonObject Body)> SendAsync(HttpMethod method, string path, string? body = null, string contentType = "application/json", string? accept = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, new MediaTypeHeaderValue(contentType));
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, JsonNode.Parse(Encoding.UTF8.GetBytes(text))!.AsObject());
    }
}
