using System.Net;
using System.Net.Sockets;
using System.Text;
using Viaduct.Kube.Api;
using Viaduct.Kube.Config;
using Viaduct.Kube.Http;
using Viaduct.Kube.Manifests;
using Viaduct.Kube.Objects;
using Viaduct.Tests.KubeServer;

namespace Viaduct.Tests.Kube;

public sealed class HttpKubeApiTests(ServerHarness server) : IClassFixture<ServerHarness>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_is_not_there_is_told_with_its_address()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // bound, but nobody listens
        var address = new Uri($"http://{socket.LocalEndPoint}");
        using var api = new HttpKubeApi(address, new SocketsHttpHandler());
        var e = await Assert.ThrowsAsync<KubeApiException>(() => api.GetAsync<Pod>("default", "a", Ct));
        Assert.True(e.IsUnreachable && e.IsTransient);
        Assert.Equal($"The Kubernetes API at http://{socket.LocalEndPoint} cannot be reached: Connection refused", e.Message);
    }

    [Fact]
    public async Task A_server_with_a_certificate_of_another_authority_is_not_trusted()
    {
        using var other = Viaduct.Kube.Server.Pki.CertificateAuthority.Create("other");
        var config = Kubeconfig.Load(server.KubeconfigPath) with { CertificateAuthority = other.Certificate.ExportCertificatePem() };
        using var api = HttpKubeApi.FromKubeconfig(config);
        var e = await Assert.ThrowsAsync<KubeApiException>(() => api.GetAsync<Pod>("default", "a", Ct));
        Assert.True(e.IsUnreachable);
        using var careless = HttpKubeApi.FromKubeconfig(config with { InsecureSkipTlsVerify = true });
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => careless.GetAsync<Pod>("default", "a", Ct))).IsNotFound);
    }

    [Fact]
    public async Task A_page_that_is_no_status_is_quoted()
    {
        using var api = new HttpKubeApi(new Uri("http://fake"), new Canned(HttpStatusCode.BadGateway, "text/html", "<h1>no backend</h1>"));
        var e = await Assert.ThrowsAsync<KubeApiException>(() => api.GetAsync<Pod>("default", "a", Ct));
        Assert.Equal((502, "HTTP 502: <h1>no backend</h1>"), (e.Status.Code, e.Message));
    }

    [Fact]
    public async Task Watch_lines_are_read_however_they_are_cut_and_ordered()
    {
        const string lines = """
            {"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"5"}}}
            {"object":{"metadata":{"name":"b","resourceVersion":"6"}},"type":"MODIFIED"}
            {"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}

            {"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}

            """;
        using var api = new HttpKubeApi(new Uri("http://fake"), new Canned(HttpStatusCode.OK, "application/json", lines, bytesPerRead: 7));
        var told = new List<string>();
        var e = await Assert.ThrowsAsync<KubeApiException>(async () =>
        {
            await foreach (var (type, value) in api.WatchAsync<ConfigMap>(ListQuery.All, "1", Ct))
                told.Add($"{type} {value.Metadata.Name} {value.Metadata.ResourceVersion}");
        });
        Assert.True(e.IsExpired);
        Assert.Equal(["Added a 5", "Modified b 6", "Bookmark  9"], told);
    }

    // The next watch begins after the last whole object, so what is cut comes again.
    [Fact]
    public async Task Of_a_watch_that_ends_anywhere_the_whole_objects_are_told_and_nothing_else()
    {
        const string lines = """
            {"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"5"}}}
            {"type":"DELETED","object":{"metadata":{"name":"b","resourceVersion":"6"}}}

            """;
        for (var length = 0; length <= lines.Length; length++)
        {
            using var api = new HttpKubeApi(new Uri("http://fake"), new Canned(HttpStatusCode.OK, "application/json", lines[..length], bytesPerRead: 7));
            var told = new List<string>();
            await foreach (var (type, value) in api.WatchAsync<ConfigMap>(ListQuery.All, "1", Ct))
                told.Add($"{type} {value.Metadata.Name}");
            Assert.Equal(((string[])["Added a", "Deleted b"])[..lines[..length].Count(c => c == '\n')], told);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task A_list_is_read_item_by_item_however_it_is_cut(int bytesPerRead)
    {
        const string list = """
            {"kind":"ConfigMapList","extra":{"items":[1,{"metadata":2}]},"metadata":{"resourceVersion":"9","continue":"more"},
             "items":[{"metadata":{"name":"a"},"data":{"items":"x"}}, {"metadata":{"name":"b"}}]}
            """;
        using var api = new HttpKubeApi(new Uri("http://fake"), new Canned(HttpStatusCode.OK, "application/json", list, bytesPerRead));
        var names = new List<string?>();
        var end = await api.ListPageAsync<ConfigMap>(ListQuery.All, new ListPage(2), m => names.Add(m.Metadata.Name), Ct);
        Assert.Equal(["a", "b"], names);
        Assert.Equal(("9", "more"), (end.ResourceVersion, end.Continue));
    }

    [Fact]
    public async Task A_list_that_ends_too_early_is_an_error()
    {
        const string list = """{"metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"a"}},{"meta""";
        using var api = new HttpKubeApi(new Uri("http://fake"), new Canned(HttpStatusCode.OK, "application/json", list));
        var names = new List<string?>();
        await Assert.ThrowsAsync<KubeApiException>(() => api.ListPageAsync<ConfigMap>(ListQuery.All, default, m => names.Add(m.Metadata.Name), Ct));
        Assert.Equal(["a"], names);
    }

    [Fact]
    public async Task A_manifest_is_created_then_configured_then_unchanged()
    {
        using var api = HttpKubeApi.FromKubeconfig(Kubeconfig.Load(server.KubeconfigPath));
        const string text = """
            apiVersion: v1
            kind: Namespace
            metadata: {name: applied}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: settings, namespace: applied}
            data: {mode: "1"}
            """;
        Assert.Equal([AppliedAs.Created, AppliedAs.Created], await ApplyAsync(api, text));
        Assert.Equal([AppliedAs.Unchanged, AppliedAs.Unchanged], await ApplyAsync(api, text));
        Assert.Equal([AppliedAs.Unchanged, AppliedAs.Configured], await ApplyAsync(api, text.Replace("\"1\"", "\"2\"", StringComparison.Ordinal)));
        Assert.Equal("2", (await api.GetAsync<ConfigMap>("applied", "settings", Ct)).Data!["mode"]);
    }

    [Theory]
    [InlineData("apiVersion: apps/v1\nkind: Deploymint\nmetadata: {name: a}\n", "bad.yaml, document 2 (line 5): the server has no kind \"Deploymint\" in \"apps/v1\", which has Deployment, ReplicaSet.")]
    [InlineData("apiVersion: v1\nkind: Deployment\nmetadata: {name: a}\n", "bad.yaml, document 2 (line 5): the server has no kind \"Deployment\" in \"v1\"; it is in \"apps/v1\".")]
    [InlineData("apiVersion: example.org/v7\nkind: Cow\nmetadata: {name: a}\n", "bad.yaml, document 2 (line 5): the server has no kind \"Cow\" in \"example.org/v7\".")]
    [InlineData("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 70000}]}\n", "bad.yaml, document 2 (line 5): Service \"a\" was refused: ")]
    public async Task A_refused_document_is_named_and_nothing_half_made_stays(string second, string message)
    {
        using var api = HttpKubeApi.FromKubeconfig(Kubeconfig.Load(server.KubeconfigPath));
        var text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: half-made}\n---\n" + second;
        var e = await Assert.ThrowsAsync<ManifestException>(() => new ManifestApplier(api).ApplyAsync(YamlManifest.Parse(text, "bad.yaml"), Ct));
        Assert.StartsWith(message, e.Message);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => api.GetAsync<ConfigMap>("default", "half-made", Ct))).IsNotFound);
    }

    private static async Task<IEnumerable<AppliedAs>> ApplyAsync(HttpKubeApi api, string text) =>
        (await new ManifestApplier(api).ApplyAsync(YamlManifest.Parse(text, "m.yaml"), Ct)).Select(a => a.Outcome);

    /// <summary>Answers every request alike.</summary>
    private sealed class Canned(HttpStatusCode code, string type, string text, int bytesPerRead = int.MaxValue) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var content = new StreamContent(new Slow(Encoding.UTF8.GetBytes(text), bytesPerRead));
            content.Headers.ContentType = new(type);
            return Task.FromResult(new HttpResponseMessage(code) { Content = content });
        }
    }

    /// <summary>Gives a few bytes per read, as a network may.</summary>
    private sealed class Slow(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, most)], cancellationToken);
    }
}
