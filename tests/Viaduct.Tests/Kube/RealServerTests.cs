using Microsoft.AspNetCore.Http;
using Viaduct.Kube.Api;
using Viaduct.Kube.Http;
using Viaduct.Kube.Objects;
using Viaduct.Tests.Fakes;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Kube;

/// <summary>What a kube-apiserver, or what stands before one, says that the embedded server never does.</summary>
public sealed class RealServerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("k8s/clusters/c-abc")]
    [InlineData("k8s/clusters/c-abc/")]
    public async Task The_path_of_the_server_s_address_goes_before_every_path(string prefix)
    {
        await using var server = await ScriptedServer.StartAsync(c => ScriptedServer.JsonAsync(c, "{}"));
        using var api = Open(server, prefix);
        await api.GetAsync<KubeNode>(null, "a", Ct);
        await api.ListPageAsync<KubeNode>(ListQuery.All, new ListPage(5), _ => { }, Ct);
        await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
        Assert.Equal(
            ["GET /k8s/clusters/c-abc/api/v1/nodes/a", "GET /k8s/clusters/c-abc/api/v1/nodes?limit=5", "GET /k8s/clusters/c-abc/version"], server.Requests);
    }

    // A list that is read as it arrives has no limit in all, and neither does the page that comes instead.
    [Fact]
    public async Task A_refusal_that_breaks_off_is_an_answer_too()
    {
        await using var server = await ScriptedServer.StartAsync(async c =>
        {
            c.Response.StatusCode = 500;
            c.Response.ContentLength = 1000;
            await c.Response.WriteAsync("etcdserver: ");
            await c.Response.Body.FlushAsync();
            c.Abort();
        });
        using var api = Open(server);
        var e = await Assert.ThrowsAsync<KubeApiException>(() => api.ListPageAsync<KubeNode>(ListQuery.All, default, _ => { }, Ct));
        Assert.True(e.IsTransient);
        e = await Assert.ThrowsAsync<KubeApiException>(() => api.WatchAsync<KubeNode>(ListQuery.All, "1", Ct).GetAsyncEnumerator(Ct).MoveNextAsync().AsTask());
        Assert.True(e.IsTransient);
    }

    [Fact]
    public async Task A_refusal_says_who_may_not_do_what()
    {
        const string said = "nodes is forbidden: User 'system:serviceaccount:kube-system:x' cannot list resource 'nodes' in API group '' at the cluster scope";
        await using var server = await ScriptedServer.StartAsync(c => ScriptedServer.RefuseAsync(c, 403, "Forbidden", said));
        using var api = Open(server);
        Assert.Equal(said, (await Assert.ThrowsAsync<KubeApiException>(() => api.ListPageAsync<KubeNode>(ListQuery.All, default, _ => { }, Ct))).Message);
        var e = await Assert.ThrowsAsync<KubeApiException>(() => api.WatchAsync<KubeNode>(ListQuery.All, "1", Ct).GetAsyncEnumerator(Ct).MoveNextAsync().AsTask());
        Assert.Equal(said, e.Message);
    }

    // All that the server says then is "Unauthorized".
    [Fact]
    public async Task Refused_credentials_are_told_with_the_server_and_what_to_do()
    {
        await using var server = await ScriptedServer.StartAsync(c => ScriptedServer.RefuseAsync(c, 401, "Unauthorized", "Unauthorized"));
        using var api = Open(server);
        var e = await Assert.ThrowsAsync<KubeApiException>(() => api.GetAsync<KubeNode>(null, "a", Ct));
        Assert.Equal($"The Kubernetes API at {server.Address.GetLeftPart(UriPartial.Authority)} does not accept our credentials (Unauthorized): renew those that the kubeconfig or the service account has.", e.Message);
        Assert.Equal(401, e.Status.Code);
    }

    [Theory]
    [InlineData("5", 5)]
    [InlineData("", null)]
    public async Task How_long_to_wait_is_read_from_the_answer(string header, int? seconds)
    {
        await using var server = await ScriptedServer.StartAsync(c =>
        {
            if (header.Length > 0)
                c.Response.Headers.RetryAfter = header;
            c.Response.Headers.Connection = "close";
            c.Response.StatusCode = 429;
            c.Response.ContentType = "text/plain; charset=utf-8";
            return c.Response.WriteAsync("The apiserver is shutting down.\n");
        });
        using var api = Open(server);
        var e = await Assert.ThrowsAsync<KubeApiException>(() => api.GetAsync<KubeNode>(null, "a", Ct));
        Assert.Equal((429, "HTTP 429: The apiserver is shutting down."), (e.Status.Code, e.Message));
        Assert.Equal(seconds, e.RetryAfter?.TotalSeconds);
    }

    [Fact]
    public void What_did_not_come_in_time_is_told_so()
    {
        var cause = new TaskCanceledException("canceled", new TimeoutException("no answer within 30 s", new TaskCanceledException("", new IOException("Operation canceled"))));
        Assert.Equal("The Kubernetes API at https://a cannot be reached: no answer within 30 s", KubeApiException.Unreachable(new Uri("https://a/b"), cause).Message);
    }

    [Fact]
    public async Task A_watch_that_nobody_answers_is_given_up_and_one_that_is_answered_may_be_silent()
    {
        var patience = TimeSpan.FromMilliseconds(300);
        await using var server = await ScriptedServer.StartAsync(c =>
            c.Request.Path == "/api/v1/nodes" ? Task.Delay(Timeout.Infinite, c.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default) : ScriptedServer.WatchAsync(c));
        using var api = new HttpKubeApi(server.Address, new SocketsHttpHandler(), patience: patience);
        var unanswered = await Assert.ThrowsAsync<KubeApiException>(() => api.WatchAsync<KubeNode>(ListQuery.All, "1", Ct).GetAsyncEnumerator(Ct).MoveNextAsync().AsTask());
        Assert.True(unanswered.IsUnreachable);
        using var stop = new CancellationTokenSource();
        await using var silent = api.WatchAsync<Service>(ListQuery.All, "1", stop.Token).GetAsyncEnumerator(Ct);
        var next = silent.MoveNextAsync().AsTask();
        await Assert.ThrowsAsync<TimeoutException>(() => next.WaitAsync(3 * patience, Ct));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    [Fact]
    public async Task Null_and_unknown_fields_are_no_trouble()
    {
        const string node = """
            {"kind":"Node","metadata":{"name":"a","creationTimestamp":null,"labels":null,"managedFields":[{"manager":"kubelet","fieldsV1":{"f:metadata":{"f:annotations":{".":{}}}}}]},
             "spec":{},"status":{"conditions":null,"addresses":null,"nodeInfo":{"swap":{"capacity":1}},"images":[{"names":null,"sizeBytes":9223372036854775807}]}}
            """;
        await using var server = await ScriptedServer.StartAsync(c => ScriptedServer.JsonAsync(c, c.Request.Path == "/api/v1/nodes/a" ? node
            : c.Request.Path == "/api/v1/nodes" ? $$"""{"kind":"NodeList","metadata":{"resourceVersion":"7","remainingItemCount":3},"items":[{{node}}]}"""
            : """{"kind":"ServiceList","metadata":{"resourceVersion":"7"},"items":null}"""));
        using var api = Open(server);
        Assert.Equal("a", (await api.GetAsync<KubeNode>(null, "a", Ct)).Metadata.Name);
        Assert.Equal("a", Assert.Single((await api.ListAsync<KubeNode>(ListQuery.All, Ct)).Items).Metadata.Name);
        Assert.Empty((await api.ListAsync<Service>(ListQuery.All, Ct)).Items);
        Assert.Equal("7", (await api.ListPageAsync<Service>(ListQuery.All, default, _ => Assert.Fail("an item"), Ct)).ResourceVersion);
    }

    // Answers are asked for as they are: a server compresses what is longer than 128 KiB for those who say that they take it.
    [Fact]
    public async Task Nobody_is_asked_to_compress()
    {
        var encodings = new List<string>();
        await using var server = await ScriptedServer.StartAsync(c =>
        {
            encodings.Add(c.Request.Headers.AcceptEncoding.ToString());
            return ScriptedServer.JsonAsync(c, "{}");
        });
        using var api = Open(server);
        await api.GetAsync<KubeNode>(null, "a", Ct);
        await api.ListPageAsync<KubeNode>(ListQuery.All, default, _ => { }, Ct);
        Assert.Equal(["", ""], encodings);
    }

    private static HttpKubeApi Open(ScriptedServer server, string prefix = "") => new(new Uri(server.Address, prefix), new SocketsHttpHandler { UseProxy = false });
}
