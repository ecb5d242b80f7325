using System.Net;
using Viaduct.Kube.Config;
using Viaduct.Kube.Http;
using Viaduct.Tests.Fakes;

namespace Viaduct.Tests.Kube;

/// <summary>Against an API over loopback that takes one token at a time.</summary>
public sealed class CredentialsTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("viaduct-account-").FullName;
    private readonly ManualTime time = new();
    private readonly TokenServer server = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string TokenPath => Path.Combine(directory, "token");

    public void Dispose()
    {
        Directory.Delete(directory, recursive: true);
        server.Dispose();
    }

    [Fact]
    public async Task A_refused_token_is_read_again_at_once()
    {
        File.WriteAllText(TokenPath, "first\n");
        server.Takes = "first";
        using var api = Open();
        await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
        File.WriteAllText(TokenPath, "second\n");
        server.Takes = "second";
        await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
        Assert.Equal(["Bearer first", "Bearer first", "Bearer second"], server.Seen);
    }

    [Fact]
    public async Task A_token_is_read_again_after_a_minute()
    {
        File.WriteAllText(TokenPath, "first");
        using var api = Open();
        await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
        File.WriteAllText(TokenPath, "second");
        await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
        time.Advance(TimeSpan.FromMinutes(1));
        await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
        Assert.Equal(["Bearer first", "Bearer first", "Bearer second"], server.Seen);
    }

    [Fact]
    public async Task A_file_that_is_gone_does_not_lose_the_token()
    {
        File.WriteAllText(TokenPath, "first");
        using var api = Open();
        await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
        File.Delete(TokenPath);
        time.Advance(TimeSpan.FromMinutes(2));
        await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
        Assert.Equal(["Bearer first", "Bearer first"], server.Seen);
    }

    [Fact]
    public async Task A_request_with_a_body_is_sent_again_whole()
    {
        File.WriteAllText(TokenPath, "first");
        server.Takes = "first";
        using var api = Open();
        await api.SendRawAsync(HttpMethod.Post, "/x", new() { ["a"] = 1 }, cancellation: Ct);
        File.WriteAllText(TokenPath, "second");
        server.Takes = "second";
        await api.SendRawAsync(HttpMethod.Post, "/x", new() { ["a"] = 2 }, cancellation: Ct);
        Assert.Equal(["""{"a":1}""", """{"a":2}""", """{"a":2}"""], server.Bodies);
    }

    [Fact]
    public async Task A_file_that_is_empty_for_a_moment_does_not_lose_the_token()
    {
        File.WriteAllText(TokenPath, "first");
        using var api = Open();
        await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
        File.WriteAllText(TokenPath, "");
        time.Advance(TimeSpan.FromMinutes(2));
        await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
        Assert.Equal(["Bearer first", "Bearer first"], server.Seen);
    }

    [Fact]
    public async Task A_program_of_the_kubeconfig_is_run_when_its_token_is_over_or_refused()
    {
        var runs = new List<string>();
        var config = Parse("exec: {apiVersion: client.authentication.k8s.io/v1, command: ./get-token, args: [a], env: [{name: REGION, value: x}], interactiveMode: IfAvailable, provideClusterInfo: true}");
        using var api = new HttpKubeApi(server.Address, config.CreateAuthenticatingHandler(time, (program, arguments, environment) =>
        {
            runs.Add($"{program} {string.Join(' ', arguments)} {environment["REGION"]} {environment["KUBERNETES_EXEC_INFO"]}");
            return Task.FromResult((0, $$$$"""{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t{{{{runs.Count}}}}","expirationTimestamp":"2026-01-01T01:00:00Z"}}""", ""));
        }));
        await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
        await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
        server.Takes = "t2";
        await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
        server.Takes = null;
        time.Advance(TimeSpan.FromHours(2));
        await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
        Assert.Equal(["Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2", "Bearer t3"], server.Seen);
        Assert.Equal($$$$"""{{{{directory}}}}/./get-token a x {"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false,"cluster":{"server":"https://10.0.0.1"}}}""", runs[0]);
    }

    [Theory]
    [InlineData(1, "", "no session\n", "ended with 1: no session")]
    [InlineData(0, "hello", "", "printed no ExecCredential: ")]
    [InlineData(0, """{"apiVersion":"client.authentication.k8s.io/v1","status":{}}""", "", "printed neither a token nor a certificate with its key")]
    [InlineData(0, """{"apiVersion":"client.authentication.k8s.io/v1beta1"}""", "", "printed the version \"client.authentication.k8s.io/v1beta1\" and must print client.authentication.k8s.io/v1")]
    public async Task A_program_that_gives_no_credentials_is_told(int code, string output, string errors, string told)
    {
        var config = Parse("exec: {apiVersion: client.authentication.k8s.io/v1, command: get-token}");
        using var api = new HttpKubeApi(server.Address, config.CreateAuthenticatingHandler(time, (_, _, _) => Task.FromResult((code, output, errors))));
        var e = await Assert.ThrowsAsync<Viaduct.Kube.Api.KubeApiException>(() => api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct));
        Assert.True(e.IsTransient);
        Assert.Contains($"the program \"get-token\" that the kubeconfig {Path.Combine(directory, "kubeconfig")} names for credentials {told}", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}", "has apiVersion \"client.authentication.k8s.io/v1alpha1\" in exec")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1}", "names no command in exec.")]
    [InlineData("exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}", "names the command x in exec, which asks questions")]
    [InlineData("auth-provider: {name: gcp}", "has an auth-provider, ")]
    [InlineData("username: me", "has a username, ")]
    [InlineData("client-certificate-data: QQ==", "has only one of client-certificate and client-key: give both.")]
    public void Credentials_that_cannot_be_had_are_refused_and_not_left_out(string user, string told) =>
        Assert.StartsWith($"The kubeconfig {Path.Combine(directory, "kubeconfig")} {told}", Assert.Throws<KubeconfigException>(() => Parse(user)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("10.0.0.1", "443", "https://10.0.0.1/")]
    [InlineData("fd00::1", "6443", "https://[fd00::1]:6443/")]
    [InlineData("[fd00::1]", "6443", "https://[fd00::1]:6443/")]
    [InlineData("api.local", "6443", "https://api.local:6443/")]
    public void A_pod_knows_its_server_from_its_environment(string host, string port, string uri)
    {
        File.WriteAllText(TokenPath, "t");
        File.WriteAllText(Path.Combine(directory, "ca.crt"), "pem");
        var config = InClusterConfig.Load(name => name.EndsWith("HOST", StringComparison.Ordinal) ? host : port, directory);
        Assert.Equal((uri, "pem", TokenPath), (config.Server.ToString(), config.CertificateAuthority, config.TokenFile));
    }

    [Fact]
    public void Outside_of_a_pod_it_is_said_what_to_give()
    {
        var e = Assert.Throws<KubeconfigException>(() => InClusterConfig.Load(_ => null, directory));
        Assert.StartsWith("No API server is known: give --kubeconfig or --master,", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<KubeconfigException>(() => InClusterConfig.Load(name => name.EndsWith("HOST", StringComparison.Ordinal) ? "10.0.0.1" : "443", directory));
        Assert.StartsWith($"The service account's file {TokenPath} cannot be read:", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tokenFile_of_a_kubeconfig_goes_before_its_token()
    {
        File.WriteAllText(TokenPath, "t");
        var config = Kubeconfig.Parse(
            """
            current-context: c
            contexts: [{name: c, context: {cluster: k, user: u}}]
            clusters: [{name: k, cluster: {server: "https://10.0.0.1"}}]
            users: [{name: u, user: {token: old, tokenFile: token}}]
            """,
            Path.Combine(directory, "kubeconfig"));
        Assert.Equal(TokenPath, config.TokenFile);
        using var handler = config.CreateAuthenticatingHandler();
        Assert.IsType<TokenFileHandler>(handler);
    }

    private Kubeconfig Parse(string user) => Kubeconfig.Parse(
        $"""
        current-context: c
        contexts:
        - name: c
          context:
            cluster: k
            user: u
        clusters:
        - name: k
          cluster:
            server: https://10.0.0.1
        users:
        - name: u
          user:
            {user}
        """,
        Path.Combine(directory, "kubeconfig"));

    private HttpKubeApi Open()
    {
        var config = new Kubeconfig { Server = server.Address, TokenFile = TokenPath };
        return new HttpKubeApi(config.Server, config.CreateAuthenticatingHandler(time));
    }

    /// <summary>Answers <c>{}</c> to whoever has the token, and 401 to others.</summary>
    private sealed class TokenServer : IDisposable
    {
        private readonly HttpListener listener = new();

        public TokenServer()
        {
            using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            Address = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
            probe.Stop();
            listener.Prefixes.Add(Address.ToString());
            listener.Start();
            _ = ServeAsync();
        }

        public Uri Address { get; }

        /// <summary>The only good token; null takes all.</summary>
        public string? Takes { get; set; }

        public List<string?> Seen { get; } = [];

        public List<string> Bodies { get; } = [];

        public void Dispose() => ((IDisposable)listener).Dispose();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    var context = await listener.GetContextAsync();
                    Seen.Add(context.Request.Headers["Authorization"]);
                    using var reader = new StreamReader(context.Request.InputStream);
                    Bodies.Add(await reader.ReadToEndAsync());
                    var good = Takes is null || Seen[^1] == $"Bearer {Takes}";
                    context.Response.StatusCode = good ? 200 : 401;
                    context.Response.ContentType = "application/json";
                    context.Response.Close("{}"u8.ToArray(), willBlock: false);
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // The end of the test.
            }
        }
    }
}
