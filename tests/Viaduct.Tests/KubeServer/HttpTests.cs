using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Viaduct.Tests.KubeServer;

public sealed class HttpTests(ServerHarness api) : IClassFixture<ServerHarness>
{
    private const string TableAccept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    [InlineData("/version")]
    public async Task Health_and_version_are_for_everybody(string path)
    {
        using var response = await api.Anonymous.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Everything_else_needs_a_certificate()
    {
        using var response = await api.Anonymous.GetAsync(new Uri("/api/v1/pods", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        var status = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        Assert.Equal(("Status", "Unauthorized"), (status["kind"]!.GetValue<string>(), status["reason"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused()
    {
        using var other = Viaduct.Kube.Server.Pki.CertificateAuthority.Create("other");
        using var client = api.CreateClient(api.Server.Port, other.IssueClient("admin", "system:masters").ToCertificate());
        using var response = await client.GetAsync(new Uri("/api/v1/pods", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task Http2_is_spoken()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/namespaces") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await api.Client.SendAsync(request, Cancellation);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (response.StatusCode, response.Version));
    }

    [Fact]
    public async Task An_object_lives_from_create_to_delete()
    {
        const string path = "/api/v1/namespaces/default/configmaps";
        var (code, created) = await api.SendAsync(HttpMethod.Post, path, """{"metadata":{"name":"life"},"data":{"a":"1"}}""");
        Assert.Equal(201, code);
        Assert.Equal(("v1", "ConfigMap"), (created["apiVersion"]!.GetValue<string>(), created["kind"]!.GetValue<string>()));
        created["data"]!["a"] = "2";
        Assert.Equal(200, (await api.SendAsync(HttpMethod.Put, $"{path}/life", created.ToJsonString())).Code);
        (code, var patched) = await api.SendAsync(HttpMethod.Patch, $"{path}/life", """[{"op":"replace","path":"/data/a","value":"3"}]""", "application/json-patch+json");
        Assert.Equal((200, "3"), (code, patched["data"]!["a"]!.GetValue<string>()));
        (code, var deleted) = await api.SendAsync(HttpMethod.Delete, $"{path}/life");
        Assert.Equal((200, "Success"), (code, deleted["status"]!.GetValue<string>()));
        Assert.Equal(created["metadata"]!["uid"]!.GetValue<string>(), deleted["details"]!["uid"]!.GetValue<string>());
        (code, var gone) = await api.SendAsync(HttpMethod.Get, $"{path}/life");
        Assert.Equal((404, "configmaps \"life\" not found"), (code, gone["message"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("GET", "/api/v1/gadgets", null, 404, "NotFound")]
    [InlineData("GET", "/apis/apps/v1/namespaces/default/statefulsets", null, 404, "NotFound")]
    [InlineData("GET", "/nowhere", null, 404, "NotFound")]
    [InlineData("POST", "/api/v1/pods", "{}", 405, "MethodNotAllowed")]
    [InlineData("PUT", "/api/v1/namespaces/default/pods", "{}", 405, "MethodNotAllowed")]
    [InlineData("POST", "/api/v1/namespaces/default/pods", "{", 400, "BadRequest")]
    [InlineData("POST", "/api/v1/namespaces/default/pods", "[]", 400, "BadRequest")]
    [InlineData("POST", "/api/v1/namespaces/default/pods", """{"kind":"Service"}""", 400, "BadRequest")]
    [InlineData("POST", "/api/v1/namespaces/default/pods", """{"apiVersion":"apps/v1"}""", 400, "BadRequest")]
    [InlineData("POST", "/api/v1/namespaces/default/pods", """{"metadata":{"namespace":"other"}}""", 400, "BadRequest")]
    [InlineData("PATCH", "/api/v1/namespaces/default/services/kubernetes", "{}", 415, "UnsupportedMediaType")]
    [InlineData("GET", "/api/v1/pods?limit=many", null, 400, "BadRequest")]
    [InlineData("GET", "/api/v1/pods?continue=abc", null, 400, "BadRequest")]
    [InlineData("GET", "/api/v1/pods?watch=1&resourceVersion=99999999", null, 504, "Timeout")]
    [InlineData("GET", "/api/v1/pods?watch=1&sendInitialEvents=true", null, 422, "Invalid")]
    public async Task Every_failure_is_a_Status(string method, string path, string? body, int code, string reason)
    {
        var (actual, status) = await api.SendAsync(new HttpMethod(method), path, body);
        Assert.Equal((code, "Status", "Failure", reason, code),
            (actual, status["kind"]!.GetValue<string>(), status["status"]!.GetValue<string>(), status["reason"]!.GetValue<string>(), status["code"]!.GetValue<int>()));
        Assert.NotEqual("", status["message"]!.GetValue<string>());
    }

    [Fact]
    public async Task Unknown_fields_are_refused_warned_about_or_dropped()
    {
        const string path = "/api/v1/namespaces/default/configmaps";
        const string body = """{"metadata":{"name":"strict"},"foo":{"bar":1}}""";
        var (code, status) = await api.SendAsync(HttpMethod.Post, $"{path}?fieldValidation=Strict", body);
        Assert.Equal((400, "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: strict decoding error: unknown field \"foo\""), (code, status["message"]!.GetValue<string>()));
        using var content = new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        using var response = await api.Client.PostAsync(new Uri($"{path}?fieldValidation=Warn&dryRun=All", UriKind.Relative), content, Cancellation);
        Assert.Equal("""299 - "unknown field \"foo\"" """.Trim(), response.Headers.Warning.Single().ToString());
        (code, var created) = await api.SendAsync(HttpMethod.Post, $"{path}?fieldValidation=Ignore", body);
        Assert.Equal(201, code);
        Assert.Null(created["foo"]);
    }

    [Fact]
    public async Task Yaml_is_understood()
    {
        var (code, created) = await api.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/services", """
            metadata:
              name: from-yaml
            spec:
              ports:
              - port: 80
                name: "p80"
              selector: {app: web}
            """, "application/yaml");
        Assert.Equal(201, code);
        Assert.Equal((80L, "p80"), (created["spec"]!["ports"]![0]!["port"]!.GetValue<long>(), created["spec"]!["ports"]![0]!["name"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_table_has_the_columns_of_kubectl()
    {
        var (_, table) = await api.SendAsync(HttpMethod.Get, "/api/v1/namespaces/default/services/kubernetes", accept: TableAccept);
        Assert.Equal(("Table", "meta.k8s.io/v1"), (table["kind"]!.GetValue<string>(), table["apiVersion"]!.GetValue<string>()));
        Assert.Equal(["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "Selector"], table["columnDefinitions"]!.AsArray().Select(c => c!["name"]!.GetValue<string>()));
        var row = table["rows"]![0]!;
        Assert.Equal(["kubernetes", "ClusterIP", "172.21.0.1", "<none>", "443/TCP"], row["cells"]!.AsArray().Take(5).Select(c => c!.GetValue<string>()));
        Assert.Equal("PartialObjectMetadata", row["object"]!["kind"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_watch_sends_each_change_as_a_line()
    {
        var (_, list) = await api.SendAsync(HttpMethod.Get, "/api/v1/namespaces/default/configmaps");
        var version = list["metadata"]!["resourceVersion"]!.GetValue<string>();
        await using var stream = await api.Client.GetStreamAsync(new Uri($"/api/v1/namespaces/default/configmaps?watch=1&resourceVersion={version}", UriKind.Relative), Cancellation);
        using var reader = new StreamReader(stream);
        await api.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/configmaps", """{"metadata":{"name":"seen"}}""");
        await api.SendAsync(HttpMethod.Delete, "/api/v1/namespaces/default/configmaps/seen");
        var (added, deleted) = (await ReadAsync(reader), await ReadAsync(reader));
        Assert.Equal(("ADDED", "DELETED"), (added["type"]!.GetValue<string>(), deleted["type"]!.GetValue<string>()));
        Assert.Equal(("ConfigMap", "seen"), (added["object"]!["kind"]!.GetValue<string>(), added["object"]!["metadata"]!["name"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Only_the_first_table_of_a_watch_names_the_columns()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/namespaces?watch=1");
        request.Headers.TryAddWithoutValidation("Accept", TableAccept);
        using var response = await api.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
        var (first, second) = (await ReadAsync(reader), await ReadAsync(reader));
        Assert.Equal(3, first["object"]!["columnDefinitions"]!.AsArray().Count);
        Assert.Null(second["object"]!["columnDefinitions"]);
        Assert.Equal("default", first["object"]!["rows"]![0]!["cells"]![0]!.GetValue<string>());
    }

    [Fact]
    public async Task A_watch_ends_after_its_time()
    {
        var text = await api.Client.GetStringAsync(new Uri("/api/v1/nodes?watch=1&timeoutSeconds=1", UriKind.Relative), Cancellation);
        Assert.Equal("", text);
    }

    [Fact]
    public async Task Initial_events_are_sent_with_their_end_mark()
    {
        const string query = "watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=1";
        var text = await api.Client.GetStringAsync(new Uri($"/api/v1/namespaces?{query}", UriKind.Relative), Cancellation);
        var frames = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!).ToList();
        Assert.Equal(["ADDED", "ADDED", "ADDED", "ADDED", "BOOKMARK"], frames.Select(f => f["type"]!.GetValue<string>()));
        Assert.Equal("true", frames[^1]["object"]!["metadata"]!["annotations"]!["k8s.io/initial-events-end"]!.GetValue<string>());
    }

    [Fact]
    public async Task Discovery_is_aggregated_for_those_who_know_it()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/apis");
        request.Headers.TryAddWithoutValidation("Accept", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json");
        using var response = await api.Client.SendAsync(request, Cancellation);
        Assert.Equal("application/json; g=apidiscovery.k8s.io; v=v2; as=APIGroupDiscoveryList", response.Content.Headers.ContentType!.ToString());
        var (_, plain) = await api.SendAsync(HttpMethod.Get, "/apis/apps/v1");
        Assert.Equal(["deployments", "deployments/status", "deployments/scale", "replicasets", "replicasets/status", "replicasets/scale"],
            plain["resources"]!.AsArray().Select(r => r!["name"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_collection_is_deleted_by_its_selector()
    {
        const string path = "/api/v1/namespaces/default/configmaps";
        await api.SendAsync(HttpMethod.Post, path, """{"metadata":{"name":"one","labels":{"set":"x"}}}""");
        await api.SendAsync(HttpMethod.Post, path, """{"metadata":{"name":"two","labels":{"set":"x"}}}""");
        var (code, deleted) = await api.SendAsync(HttpMethod.Delete, $"{path}?labelSelector=set%3Dx");
        Assert.Equal((200, 2), (code, deleted["items"]!.AsArray().Count));
        Assert.Empty((await api.SendAsync(HttpMethod.Get, $"{path}?labelSelector=set%3Dx")).Body["items"]!.AsArray());
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        var (code, status) = await api.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/configmaps", new string(' ', 4 * 1024 * 1024));
        Assert.Equal((413, "RequestEntityTooLarge"), (code, status["reason"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_socket_that_the_caller_bound_is_served_too()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var other = new ServerHarness();
        await other.StartAsync([socket]);
        using var client = other.CreateClient(((IPEndPoint)socket.LocalEndPoint!).Port, null);
        Assert.Equal("ok", await client.GetStringAsync(new Uri("/readyz", UriKind.Relative), Cancellation));
        Assert.NotEqual(((IPEndPoint)socket.LocalEndPoint!).Port, other.Server.Port);
    }

    private static async Task<JsonNode> ReadAsync(StreamReader reader) => JsonNode.Parse((await reader.ReadLineAsync(Cancellation))!)!;
}
