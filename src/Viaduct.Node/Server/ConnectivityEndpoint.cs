using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Node.Server;

/// <summary><c>POST /viaduct/probe</c>: tries connections from inside of namespaces, many at a time.</summary>
/// <param name="findNamespace">The namespace that a probe's <see cref="ConnectivityProbe.From"/> names, or null.</param>
public sealed class ConnectivityEndpoint(Func<string, NetNamespace?> findNamespace)
{
    public const string Path = "/viaduct/probe";

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
        if (findNamespace(probe.From) is not { } ns)
            return new ConnectivityResult { Ok = false, Error = $"{probe.From} is no host and no pod with a network here" };
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
            // From the namespace whose own output hook rejects, a datagram's send fails with EPERM before the ICMP error is read (nf_hook_slow).
            var refused = e is SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.AccessDenied };
            return new ConnectivityResult { Ok = false, Refused = refused, Error = e.Message, Milliseconds = Elapsed(began) };
        }
    }

    /// <summary>A line is sent at once, so that a stand-in need not wait for more; the first line of the answer comes back.</summary>
    private static async Task<string> AskAsync(NetNamespace ns, string protocol, IPEndPoint to, CancellationToken cancellation)
    {
        var isUdp = protocol.Equals("UDP", StringComparison.OrdinalIgnoreCase);
        using var socket = ns.Run(() => isUdp
            ? new Socket(to.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
            : new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        await socket.ConnectAsync(to, cancellation);
        await socket.SendAsync("viaduct\n"u8.ToArray(), SocketFlags.None, cancellation);
        var buffer = new byte[2048];
        var read = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellation);
        return Encoding.UTF8.GetString(buffer, 0, read).Split('\n')[0].TrimEnd('\r');
    }

    private static double Elapsed(long began) => Math.Round(Stopwatch.GetElapsedTime(began).TotalMilliseconds, 3);
}
