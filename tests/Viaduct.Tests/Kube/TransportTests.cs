using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Viaduct.Kube.Api;
using Viaduct.Kube.Config;
using Viaduct.Kube.Http;
using Viaduct.Tests.Fakes;

namespace Viaduct.Tests.Kube;

/// <summary>What a kubeconfig says of the way to the server, over real TLS on loopback.</summary>
public sealed class TransportTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("viaduct-transport-").FullName;
    private readonly TestCertificates _certificates = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
        _certificates.Dispose();
    }

    [Fact]
    public async Task The_server_s_certificate_may_be_for_another_name_that_the_kubeconfig_says()
    {
        var asked = new List<string>();
        await using var server = await ScriptedServer.StartAsync(c =>
        {
            asked.Add(c.Features.Get<ISslStreamFeature>()!.SslStream.TargetHostName);
            return ScriptedServer.JsonAsync(c, $$"""{"protocol":"{{c.Request.Protocol}}","host":"{{c.Request.Host}}"}""");
        }, _certificates.Server("kubernetes.example"));
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => AskAsync(server, ""))).IsUnreachable);
        var answer = await AskAsync(server, "tls-server-name: kubernetes.example");
        Assert.Equal($"HTTP/2 {server.Address.Authority}", $"{answer["protocol"]} {answer["host"]}");
        Assert.Equal(["kubernetes.example"], asked);
        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => AskAsync(server, "tls-server-name: other.example"))).IsUnreachable);
    }

    // Go trusts each certificate of the bundle; some clusters give only the authority that issues, and not the root above it.
    [Theory]
    [InlineData("root")]
    [InlineData("intermediate")]
    [InlineData("both")]
    public async Task Whatever_authority_the_bundle_has_is_trusted(string which)
    {
        await using var server = await ScriptedServer.StartAsync(c => ScriptedServer.JsonAsync(c, "{}"), _certificates.Server("127.0.0.1"));
        var bundle = (which == "intermediate" ? "" : _certificates.Root.ExportCertificatePem() + "\n") + (which == "root" ? "" : _certificates.Intermediate.ExportCertificatePem());
        await AskAsync(server, "", authority: bundle);
    }

    [Fact]
    public async Task An_authority_of_the_same_name_is_not_the_same_authority()
    {
        using var others = new TestCertificates();
        await using var server = await ScriptedServer.StartAsync(c => ScriptedServer.JsonAsync(c, "{}"), others.Server("127.0.0.1"));
        foreach (var trusted in new[] { _certificates.Root, _certificates.Intermediate })
            Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => AskAsync(server, "", authority: trusted.ExportCertificatePem()))).IsUnreachable);
    }

    [Fact]
    public async Task Whoever_wants_no_check_gets_none()
    {
        await using var server = await ScriptedServer.StartAsync(c => ScriptedServer.JsonAsync(c, "{}"), _certificates.Server("kubernetes.example"));
        await AskAsync(server, "insecure-skip-tls-verify: true", authority: null);
    }

    [Theory]
    [InlineData("rsa-pkcs1")]
    [InlineData("rsa-pkcs8")]
    [InlineData("ec-sec1")]
    [InlineData("ec-pkcs8")]
    public async Task A_client_s_certificate_comes_with_its_chain(string kind)
    {
        var shown = new List<string>();
        await using var server = await StartForClientsAsync(shown);
        var (chain, key) = _certificates.Client("system:node:a", kind);
        await AskAsync(server, "", user: $"client-certificate-data: {Base64(chain)}\n    client-key-data: {Base64(key)}");
        Assert.Equal(["CN=system:node:a from CN=intermediate"], shown);
    }

    // kubelet's: one file with both, replaced before it expires.
    [Fact]
    public async Task A_certificate_s_file_that_is_replaced_is_read_again()
    {
        var (shown, good) = (new List<string>(), "");
        await using var server = await StartForClientsAsync(shown, c => c.Connection.ClientCertificate!.Subject == $"CN={good}" ? 200 : 401);
        Write("client.pem", "first");
        using var api = Open(server, "", user: "client-certificate: client.pem\n    client-key: client.pem");
        foreach (var name in (string[])["first", "second", "third", "fourth"])
        {
            Write("client.pem", good = name);
            await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
            await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
        }

        // Each on a connection of its own, and no connection more.
        Assert.Equal(["first", "second", "third", "fourth"], shown.Select(s => s.Split(' ')[0]["CN=".Length..]));
    }

    [Fact]
    public async Task A_proxy_of_the_kubeconfig_is_asked_for_a_tunnel()
    {
        await using var server = await ScriptedServer.StartAsync(c => ScriptedServer.JsonAsync(c, "{}"), _certificates.Server("127.0.0.1"));
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        var tunnel = TunnelAsync(proxy, server.Address.Port);
        using (var api = Open(server, $"proxy-url: http://me:secret@{proxy.LocalEndpoint}"))
            await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
        Assert.Equal(["CONNECT " + server.Address.Authority + " HTTP/1.1", "Basic " + Base64("me:secret")], await tunnel);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    /// <summary>Passes one connection on and answers what was asked first.</summary>
    private static async Task<string[]> TunnelAsync(TcpListener proxy, int port)
    {
        using var client = await proxy.AcceptTcpClientAsync(Ct);
        await using var outer = client.GetStream();
        var (request, credentials) = ("", "");
        while (credentials.Length == 0)
        {
            var head = await HeadAsync(outer);
            request = head[0];
            credentials = head.FirstOrDefault(h => h.StartsWith("Proxy-Authorization: ", StringComparison.Ordinal))?["Proxy-Authorization: ".Length..] ?? "";
            var answer = credentials.Length == 0 ? "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n" : "HTTP/1.1 200 OK\r\n\r\n";
            await outer.WriteAsync(Encoding.ASCII.GetBytes(answer), Ct);
        }

        using var upstream = new TcpClient();
        await upstream.ConnectAsync(IPAddress.Loopback, port, Ct);
        await using var inner = upstream.GetStream();
        await Task.WhenAny(outer.CopyToAsync(inner, Ct), inner.CopyToAsync(outer, Ct));
        return [request, credentials];
    }

    private static async Task<string[]> HeadAsync(NetworkStream stream)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (!(head.Count > 3 && head[^4..].SequenceEqual("\r\n\r\n"u8.ToArray())))
        {
            await stream.ReadExactlyAsync(one, Ct);
            head.Add(one[0]);
        }

        return Encoding.ASCII.GetString([.. head]).Split("\r\n");
    }

    private Task<ScriptedServer> StartForClientsAsync(List<string> shown, Func<HttpContext, int>? code = null) => ScriptedServer.StartAsync(
        c => ScriptedServer.JsonAsync(c, "{}", code?.Invoke(c) ?? 200), _certificates.Server("127.0.0.1"), (leaf, chain) =>
        {
            var issuer = chain!.ChainPolicy.ExtraStore.FirstOrDefault(e => e.SubjectName.Name == leaf.IssuerName.Name);
            shown.Add($"{leaf.Subject} from {issuer?.Subject}");
            return true;
        });

    private void Write(string name, string user)
    {
        var (chain, key) = _certificates.Client(user, "ec-pkcs8");
        File.WriteAllText(Path.Combine(_directory, name), chain + key);
    }

    private async Task<System.Text.Json.Nodes.JsonObject> AskAsync(ScriptedServer server, string cluster, string user = "token: t", string? authority = "")
    {
        using var api = Open(server, cluster, user, authority);
        return await api.SendRawAsync(HttpMethod.Get, "/version", null, cancellation: Ct);
    }

    private HttpKubeApi Open(ScriptedServer server, string cluster, string user = "token: t", string? authority = "")
    {
        var trust = authority is null ? "" : $"certificate-authority-data: {Base64(authority.Length > 0 ? authority : _certificates.Root.ExportCertificatePem())}";
        var path = Path.Combine(_directory, "kubeconfig");
        File.WriteAllText(path, $"""
            current-context: c
            contexts:
            - name: c
              context: {"{"}cluster: k, user: u{"}"}
            clusters:
            - name: k
              cluster:
                server: {server.Address}
                {trust}
                {cluster}
            users:
            - name: u
              user:
                {user}
            """);
        return HttpKubeApi.FromKubeconfig(Kubeconfig.Load(path));
    }
}
