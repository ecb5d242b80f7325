using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Viaduct.Kube.Objects;
using Viaduct.Linux.Namespaces;
using Viaduct.Node.Containers;
using Viaduct.Node.StandIns;

namespace Viaduct.Node.Probes;

/// <summary>Makes probes from the node's network namespace, as a kubelet does.</summary>
internal sealed class Prober : IProber, IDisposable
{
    private readonly NetNamespace _node;
    private readonly IExecRunner _exec;
    private readonly HttpClient _http;

    public Prober(NetNamespace node, IExecRunner exec)
    {
        (_node, _exec) = (node, exec);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            // Each probe is a connection of its own: reusing one would hide that the port no longer accepts.
            PooledConnectionLifetime = TimeSpan.Zero,
            ConnectCallback = async (context, stop) => new NetworkStream(await ConnectAsync(context.DnsEndPoint, stop), ownsSocket: true),
#pragma warning disable CA5359 // A kubelet does not check certificates of probes either: they are the pod's own affair.
            SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
#pragma warning restore CA5359
        }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public async Task<ProbeResult> ProbeAsync(Probe probe, ProbeTarget target, TimeSpan timeout, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            return probe switch
            {
                { HttpGet: { } http } => await HttpAsync(http, target, limit.Token),
                { TcpSocket: not null } or { Grpc: not null } => await TcpAsync(probe, target, limit.Token),
                { Exec: { } exec } => await ExecAsync(exec, target, limit.Token),
                _ => ProbeResult.Failure("the probe names no httpGet, tcpSocket, grpc or exec action"),
            };
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return ProbeResult.Failure(string.Create(CultureInfo.InvariantCulture, $"no answer within {timeout.TotalSeconds:0.#} s"));
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException)
        {
            return ProbeResult.Failure(e.GetBaseException().Message);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<ProbeResult> HttpAsync(HttpGetAction action, ProbeTarget target, CancellationToken cancellation)
    {
        if (StandInPorts.Resolve(action.Port, target.Container) is not { } port)
            return UnknownPort(action.Port);
        var scheme = action.Scheme?.ToUpperInvariant() == "HTTPS" ? "https" : "http";
        var host = string.IsNullOrEmpty(action.Host) ? target.Address.ToString() : action.Host;
        // A stand-in has no certificate: that it accepts is all that it can show.
        if (scheme == "https" && target.Running.ExecTarget is null)
            return await ConnectOnlyAsync(host, port, cancellation);
        if (host.Contains(':', StringComparison.Ordinal))
            host = $"[{host}]";
        var path = string.IsNullOrEmpty(action.Path) ? "/" : action.Path;
        if (!Uri.TryCreate($"{scheme}://{host}:{port}{(path[0] == '/' ? "" : "/")}{path}", UriKind.Absolute, out var uri))
            return ProbeResult.Failure($"{scheme}://{host}:{port}{path} is not a URL");
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        AddHeaders(request, action);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        var code = (int)response.StatusCode;
        return code is >= 200 and < 400 ? ProbeResult.Success : ProbeResult.Failure($"HTTP probe failed with statuscode: {code}");
    }

    private static void AddHeaders(HttpRequestMessage request, HttpGetAction action)
    {
        request.Headers.ConnectionClose = true;
        request.Headers.TryAddWithoutValidation("User-Agent", "kube-probe/viaduct");
        request.Headers.TryAddWithoutValidation("Accept", "*/*");
        foreach (var header in action.HttpHeaders ?? [])
        {
            request.Headers.Remove(header.Name);
            request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        }
    }

    private async Task<ProbeResult> TcpAsync(Probe probe, ProbeTarget target, CancellationToken cancellation)
    {
        if (StandInPorts.ProbePort(probe, target.Container) is not { } port)
            return UnknownPort(probe.TcpSocket?.Port ?? 0);
        return await ConnectOnlyAsync(probe.TcpSocket?.Host is { Length: > 0 } host ? host : target.Address.ToString(), port, cancellation);
    }

    private async Task<ProbeResult> ConnectOnlyAsync(string host, int port, CancellationToken cancellation)
    {
        using var socket = await ConnectAsync(new DnsEndPoint(host, port), cancellation);
        return ProbeResult.Success;
    }

    private async Task<ProbeResult> ExecAsync(System.Text.Json.JsonElement exec, ProbeTarget target, CancellationToken cancellation)
    {
        // A stand-in has nothing in which a command could fail.
        if (target.Running.ExecTarget is not { } where)
            return ProbeResult.Success;
        if (!exec.TryGetProperty("command", out var words) || words.ValueKind != System.Text.Json.JsonValueKind.Array)
            return ProbeResult.Failure("the exec probe has no command");
        var command = words.EnumerateArray().Select(w => w.ToString()).ToList();
        var (code, output) = await _exec.RunAsync(where, command, cancellation);
        return code == 0 ? ProbeResult.Success : ProbeResult.Failure($"command ended with code {code}: {output.Trim()}");
    }

    private async Task<Socket> ConnectAsync(DnsEndPoint end, CancellationToken cancellation)
    {
        var socket = _node.Run(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
        try
        {
            if (IPAddress.TryParse(end.Host, out var address))
                await socket.ConnectAsync(address, end.Port, cancellation);
            else
                await socket.ConnectAsync(end, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static ProbeResult UnknownPort(IntOrString port) => ProbeResult.Failure($"the container has no port named \"{port}\"");
}
