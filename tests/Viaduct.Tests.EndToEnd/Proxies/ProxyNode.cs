using System.Net;
using System.Text.Json.Nodes;
using Viaduct.Kube.Api;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server;
using Viaduct.Kube.Server.Pki;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Route;
using Viaduct.Tests.EndToEnd.Machine;
using KubeNode = Viaduct.Kube.Objects.Node;
using Pki = Viaduct.Kube.Server.Pki;

namespace Viaduct.Tests.EndToEnd.Proxies;

/// <summary>
/// A node for <c>viaduct proxy</c>: a network namespace with the node's address 10.0.0.2 and two endpoints 10.1.0.1 and 10.1.0.2 that answer with their
/// address, and an API server that nobody but the test writes to.
/// </summary>
internal sealed class ProxyNode : IAsyncDisposable
{
    public const string Name = "node-1", Address = "10.0.0.2", ClusterIP = "10.64.0.80", First = "10.1.0.1", Second = "10.1.0.2";
    private const ushort TargetPort = 8080;

    private readonly string _directory = Directory.CreateTempSubdirectory("viaduct-proxy-").FullName;
    private readonly CertificateAuthority _authority = CertificateAuthority.Create("viaduct-test");
    private readonly List<ProxyProcess> _proxies = [];
    private ApiServer _server = null!;

    private ProxyNode()
    {
    }

    public NetNamespace Namespace { get; } = NetNamespace.Create();

    /// <summary>Past the front door.</summary>
    public IKubeApi Api => _server.Api;

    public FrontDoor Door { get; private set; } = null!;

    public ProxyRights Rights { get; } = ProxyRights.Load();

    public EndpointServers Servers { get; private set; } = null!;

    /// <summary>Leads to the front door.</summary>
    public string Kubeconfig => File("kubeconfig");

    public string File(string name) => Path.Combine(_directory, name);

    /// <summary>PEM of the front door's authority.</summary>
    public string Authority => _authority.Certificate.ExportCertificatePem();

    public static async Task<ProxyNode> CreateAsync(bool isDoorOpen = true)
    {
        Actor.Named("root").Require();
        var node = new ProxyNode();
        try
        {
            await node.StartAsync(isDoorOpen);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a proxy with these flags, and the kubeconfig and the node's name unless they say otherwise.</summary>
    public ProxyProcess Start(params string[] flags)
    {
        string[] usual = flags.Any(f => f.StartsWith("--config", StringComparison.Ordinal)) ? [] : ["--kubeconfig", Kubeconfig];
        string[] name = flags.Contains("--hostname-override") ? [] : ["--hostname-override", Name];
        return Own(ProxyProcess.Start(Namespace, File($"proxy-{_proxies.Count}.log"), [.. usual, .. name, .. flags]));
    }

    public ProxyProcess Own(ProxyProcess proxy)
    {
        _proxies.Add(proxy);
        return proxy;
    }

    /// <summary>Runs a command in the node's network namespace.</summary>
    public async Task<string> RunAsync(string program, params string[] arguments) =>
        (await Shell.RunAsync("nsenter", [$"--net={Namespace.Path}", "--", program, .. arguments])).Succeed();

    public Task<Service> AddServiceAsync(Service? service = null) => Api.CreateAsync(service ?? Web(), default);

    public static Service Web(string name = "web", string clusterIP = ClusterIP) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default" },
        Spec = new ServiceSpec { ClusterIP = clusterIP, Ports = [new ServicePort { Name = "http", Port = 80, Protocol = "TCP", TargetPort = (int)TargetPort }] },
    };

    /// <summary>Makes the Service's slice, or replaces it.</summary>
    public async Task SetEndpointsAsync(string service, params string[] addresses)
    {
        var slice = new EndpointSlice
        {
            Metadata = new ObjectMeta { Name = service, Namespace = "default", Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = service } },
            AddressType = "IPv4",
            Ports = [new EndpointPort { Name = "http", Port = TargetPort, Protocol = "TCP" }],
            Endpoints = [.. addresses.Select(a => new Endpoint { Addresses = [a], NodeName = Name })],
        };
        if ((await Api.ListAsync<EndpointSlice>(new ListQuery { Namespace = "default" }, default)).Items.Any(s => s.Metadata.Name == service))
            await Api.UpdateAsync(slice, default);
        else
            await Api.CreateAsync(slice, default);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies)
            await proxy.DisposeAsync();
        Servers?.Dispose();
        if (Door is not null)
            await Door.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        _authority.Dispose();
        Namespace.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task StartAsync(bool isDoorOpen)
    {
        GiveAddresses();
        Servers = new EndpointServers(Namespace, TargetPort, First, Second);
        _server = await ApiServer.CreateAsync(
            new ApiServerOptions
            {
                DatabasePath = File("api.db"),
                ServiceCidr = IPNetwork.Parse("10.64.0.0/12"),
                ControlPlaneEndpoint = new IPEndPoint(IPAddress.Parse("10.0.0.1"), 6443),
                Certificates = new ServerCertificates(_authority.IssueServer(["localhost"], [IPAddress.Loopback]).ToCertificate(), _authority.Certificate),
            },
            default);
        Pki.Kubeconfig.Save(File("admin"), "test", new Uri($"https://127.0.0.1:{_server.Port}"), Authority, _authority.IssueClient("admin", "system:masters"));
        Door = new FrontDoor(Namespace, Viaduct.Kube.Config.Kubeconfig.Load(File("admin")), _authority, Rights);
        WriteKubeconfig([]);
        await Api.CreateAsync(new KubeNode { Metadata = new ObjectMeta { Name = Name }, Status = new NodeStatus { Addresses = [new NodeAddress { Type = "InternalIP", Address = Address }] } }, default);
        if (isDoorOpen)
            await Door.OpenAsync();
    }

    /// <summary>With these credentials.</summary>
    public void WriteKubeconfig(JsonObject user) => System.IO.File.WriteAllText(Kubeconfig, new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Config",
        ["current-context"] = "test",
        ["contexts"] = new JsonArray(new JsonObject { ["name"] = "test", ["context"] = new JsonObject { ["cluster"] = "test", ["user"] = "test" } }),
        ["clusters"] = new JsonArray(new JsonObject
        {
            ["name"] = "test",
            ["cluster"] = new JsonObject
            {
                ["server"] = $"https://127.0.0.1:{FrontDoor.Port}",
                ["certificate-authority-data"] = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(Authority)),
            },
        }),
        ["users"] = new JsonArray(new JsonObject { ["name"] = "test", ["user"] = user }),
    }.ToJsonString());

    // All on the loopback device. What is addressed to a Service goes there, too, and so gets lost unless the proxy's rules lead it to an endpoint.
    private void GiveAddresses()
    {
        using var route = RouteClient.In(Namespace);
        var loopback = route.GetLink("lo").Index;
        foreach (var address in (string[])[Address, First, Second])
            route.AddAddress(new AddressSpec { LinkIndex = loopback, Address = IPAddress.Parse(address), PrefixLength = 32 });
        route.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("10.64.0.0/12"), LinkIndex = loopback, Source = IPAddress.Parse(Address) });
    }
}
