using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Viaduct.Linux.Namespaces;
using Viaduct.Node.Pods;

namespace Viaduct.Node.Server;

/// <summary><c>POST /viaduct/probe</c>: tries connections from inside the namespaces of this node and its pods, many at a time.</summary>
internal sealed class ConnectivityEndpoint(NetNamespace node, PodManager pods)
{
    private const int Parallel = 64;

    public async Task HandleAsync(HttpContext context)
    {
        ConnectivityProbe[]? probes;
        try
        {
            probes = await JsonSerializer.DeserializeAsync(context.Request.Body, NodeJson.Default.ConnectivityProbeArray, context.RequestAborted);
        }
        catch (JsonException e)
        {
            await Refusal.BadRequestAsync(context, $"the body is not a list of probes: {e.Message}");
            return;
        }

        var results = new ConnectivityResult[probes?.Length ?? 0];
        var options = new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = context.RequestAborted };
        await System.Threading.Tasks.Parallel.ForAsync(0, results.Length, options, async (i, stop) => results[i] = await TryAsync(probes![i], stop));
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(context.Response.Body, results, NodeJson.Default.ConnectivityResultArray, context.RequestAborted);
    }

    private async Task<ConnectivityResult> TryAsync(ConnectivityProbe probe, CancellationToken cancellation)
    {
        if (!IPAddress.TryParse(probe.Address, out var address))
            return new ConnectivityResult { Ok = false, Error = $"\"{probe.Address}\" is not an address" };
        if (NamespaceOf(probe.From) is not { } ns)
            return new ConnectivityResult { Ok = false, Error = $"{probe.From} is neither \"node\" nor a pod with a network on this node" };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(probe.TimeoutMilliseconds);
        var began = Stopwatch.GetTimestamp();
        try
        {
            var reply = await AskAsync(ns, probe.Protocol, new IPEndPoint(address, probe.Port), limit.Token);
            return new ConnectivityResult { Ok = true, Reply = reply, Milliseconds = Elapsed(began) };
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new ConnectivityResult { Ok = false, Error = $"no answer within {probe.TimeoutMilliseconds} ms", Milliseconds = Elapsed(began) };
        }
        catch (Exception e) when (e is SocketException or Linux.LinuxException or ObjectDisposedException)
        {
            return new ConnectivityResult { Ok = false, Error = e.Message, Milliseconds = Elapsed(began) };
        }
    }

    private NetNamespace? NamespaceOf(string from)
    {
        if (from == "node")
            return node;
        var parts = from.Split('/');
        return parts.Length == 2 ? pods.Find(parts[0], parts[1])?.Sandbox?.Namespace : null;
    }

    /// <summary>A line is sent at once, so that a stand-in need not wait for more; the first line of the answer comes back.</summary>
    private static async Task<string> AskAsync(NetNamespace ns, string protocol, IPEndPoint to, CancellationToken cancellation)
    {
        var isUdp = protocol.Equals("UDP", StringComparison.OrdinalIgnoreCase);
        using var socket = ns.Run(() => isUdp
            ? new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await socket.ConnectAsync(to, cancellation);
        await socket.SendAsync("viaduct\n"u8.ToArray(), SocketFlags.None, cancellation);
        var buffer = new byte[2048];
        var read = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellation);
        return Encoding.UTF8.GetString(buffer, 0, read).Split('\n')[0].TrimEnd('\r');
    }

    private static double Elapsed(long began) => Math.Round(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 3);
}
