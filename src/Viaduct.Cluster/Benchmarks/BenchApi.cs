using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Viaduct.Kube.Api;
using Viaduct.Kube.Http;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server;
using Viaduct.Kube.Server.Pki;
using Viaduct.Linux.Namespaces;
using Kubeconfig = Viaduct.Kube.Config.Kubeconfig;
using KubeNode = Viaduct.Kube.Objects.Node;
using Pki = Viaduct.Kube.Server.Pki;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>The API of a benchmark, embedded or given, the namespace for its objects, and a kubeconfig that works inside a network namespace.</summary>
internal sealed class BenchApi : IAsyncDisposable
{
    private const string EmbeddedNode = "viaduct-bench";

    public const string NodeAddress = "10.0.0.2";

    private readonly ApiServer? _server;
    private readonly CertificateAuthority? _authority;
    private readonly Kubeconfig _config;
    private readonly string _directory;
    private readonly List<Tunnel> _tunnels = [];
    private readonly HttpKubeApi _http;

    private BenchApi(ApiServer? server, CertificateAuthority? authority, Kubeconfig config, string directory)
    {
        (_server, _authority, _config, _directory) = (server, authority, config, directory);
        _http = HttpKubeApi.FromKubeconfig(config);
    }

    /// <summary>Over HTTP, as the proxy has it.</summary>
    public IKubeApi Http => _http;

    /// <summary>For many objects: without the network if the API is in this process.</summary>
    public IKubeApi Bulk => _server?.Api ?? _http;

    /// <summary>The node that the proxy takes itself for: one that is there, for a proxy waits for its Node object.</summary>
    public string NodeName { get; private set; } = EmbeddedNode;

    public string Namespace { get; } = $"viaduct-bench-{Environment.ProcessId}";

    public static async Task<BenchApi> OpenAsync(string? kubeconfig, string directory, CancellationToken cancellation)
    {
        var (server, authority, file) = kubeconfig is null ? await EmbedAsync(directory, cancellation) : (null, null, kubeconfig);
        var api = new BenchApi(server, authority, Kubeconfig.Load(file), directory);
        try
        {
            await api.CreateNamespaceAsync(cancellation);
            if ((await api._http.ListAsync<KubeNode>(ListQuery.All, cancellation)).Items is [var node, ..])
                api.NodeName = node.Metadata.Name!;
            return api;
        }
        catch
        {
            await api.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes a Service for each slice, and the slices. 256 at once: the embedded API's store commits that many together.</summary>
    public Task CreateAsync(BenchObjects objects, EndpointSlice[] slices, CancellationToken cancellation) => Parallel.ForAsync(
        0, slices.Length, new ParallelOptions { MaxDegreeOfParallelism = 256, CancellationToken = cancellation }, async (index, stop) =>
        {
            await Bulk.CreateAsync(objects.Service(index), stop);
            await Bulk.CreateAsync(slices[index], stop);
        });

    /// <summary>Lets the API be reached from inside a network namespace and returns the kubeconfig for that.</summary>
    public string ReachFrom(NetNamespace inside)
    {
        var tunnel = new Tunnel(inside, _config.Server);
        _tunnels.Add(tunnel);
        var path = Path.Combine(_directory, $"kubeconfig.inside-{_tunnels.Count}");
        File.WriteAllText(path, Write(_config, tunnel.EndPoint));
        return path;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is null)
            await DeleteNamespaceAsync();
        foreach (var tunnel in _tunnels)
            tunnel.Dispose();
        _http.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
        _authority?.Dispose();
    }

    private static async Task<(ApiServer Server, CertificateAuthority Authority, string Kubeconfig)> EmbedAsync(string directory, CancellationToken cancellation)
    {
        // The server checks clients against it as long as it runs.
        var authority = CertificateAuthority.Create("viaduct-bench");
        var server = await ApiServer.CreateAsync(
            new ApiServerOptions
            {
                DatabasePath = Path.Combine(directory, "api.db"),
                ServiceCidr = IPNetwork.Parse("10.64.0.0/12"),
                ControlPlaneEndpoint = new IPEndPoint(IPAddress.Parse("10.0.0.1"), 6443),
                Certificates = new ServerCertificates(authority.IssueServer(["localhost"], [IPAddress.Loopback]).ToCertificate(), authority.Certificate),
            },
            cancellation);
        var file = Path.Combine(directory, "kubeconfig");
        Pki.Kubeconfig.Save(
            file, "bench", new Uri($"https://127.0.0.1:{server.Port}"), authority.Certificate.ExportCertificatePem(), authority.IssueClient("viaduct-bench", "system:masters"));
        await CreateNodeAsync(server.Api, cancellation);
        return (server, authority, file);
    }

    private static Task<KubeNode> CreateNodeAsync(IKubeApi api, CancellationToken cancellation) => api.CreateAsync(
        new KubeNode
        {
            Metadata = new ObjectMeta { Name = EmbeddedNode },
            Status = new NodeStatus { Addresses = [new NodeAddress { Type = "InternalIP", Address = NodeAddress }] },
        },
        cancellation);

    private Task<Namespace> CreateNamespaceAsync(CancellationToken cancellation) =>
        _http.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = Namespace } }, cancellation);

    private async Task DeleteNamespaceAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _http.DeleteAsync<Namespace>(null, Namespace, DeleteQuery.Default, limit.Token);
    }

    // JSON is YAML. The certificate stays that of the server behind the tunnel, so its name does, too.
    private static string Write(Kubeconfig config, IPEndPoint server)
    {
        var cluster = new JsonObject
        {
            ["server"] = $"{config.Server.Scheme}://{server}",
            ["tls-server-name"] = config.TlsServerName ?? config.Server.Host,
            ["insecure-skip-tls-verify"] = config.InsecureSkipTlsVerify,
        };
        var user = new JsonObject();
        Add(cluster, "certificate-authority-data", Encode(config.CertificateAuthority));
        Add(user, "client-certificate-data", Encode(config.ClientCertificate));
        Add(user, "client-key-data", Encode(config.ClientKey));
        Add(user, "token", config.Token);
        Add(user, "tokenFile", config.TokenFile);
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Config",
            ["current-context"] = "bench",
            ["contexts"] = new JsonArray(new JsonObject { ["name"] = "bench", ["context"] = new JsonObject { ["cluster"] = "bench", ["user"] = "bench" } }),
            ["clusters"] = new JsonArray(new JsonObject { ["name"] = "bench", ["cluster"] = cluster }),
            ["users"] = new JsonArray(new JsonObject { ["name"] = "bench", ["user"] = user }),
        }.ToJsonString();
    }

    private static void Add(JsonObject target, string field, string? value)
    {
        if (value is not null)
            target[field] = value;
    }

    private static string? Encode(string? pem) => pem is null ? null : Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));
}
