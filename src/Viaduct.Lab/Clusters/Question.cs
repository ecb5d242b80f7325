using System.Net;
using System.Net.Sockets;
using System.Text;
using Viaduct.Lab.Engine;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Lab.Clusters;

/// <summary>What a stand-in said.</summary>
/// <param name="Pod">Its name.</param>
/// <param name="Client">The client's address, as the pod sees it.</param>
/// <param name="From">The client's address and port, as it has them itself.</param>
internal sealed record PodAnswer(string Pod, string Client, IPEndPoint From);

/// <summary>Asks stand-ins over TCP.</summary>
internal static class Question
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>The answer; null when the connection is refused, or closed without an answer.</summary>
    /// <exception cref="ExperimentFailedException">Nothing came back in time.</exception>
    public static async Task<PodAnswer?> AskAsync(NetNamespace from, string address, int port)
    {
        using var socket = from.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        using var late = new CancellationTokenSource(s_patience);
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(address), port, late.Token);
            await socket.SendAsync("hello\n"u8.ToArray(), late.Token);
            return Parse(await ReadAsync(socket, late.Token), (IPEndPoint)socket.LocalEndPoint!);
        }
        catch (SocketException)
        {
            return null;
        }
        catch (OperationCanceledException)
        {
            throw new ExperimentFailedException($"{address}:{port} did not answer within {s_patience.TotalSeconds} s.");
        }
    }

    /// <summary>Many answers, one after the other.</summary>
    public static async Task<IReadOnlyList<PodAnswer?>> AskAsync(NetNamespace from, string address, int port, int times)
    {
        var answers = new List<PodAnswer?>();
        for (var i = 0; i < times; i++)
            answers.Add(await AskAsync(from, address, port));
        return answers;
    }

    private static async Task<string> ReadAsync(Socket socket, CancellationToken cancellation)
    {
        var (text, buffer) = (new StringBuilder(), new byte[1024]);
        for (int read; (read = await socket.ReceiveAsync(buffer, cancellation)) > 0;)
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        return text.ToString();
    }

    // "pod: NAME", "address: ...", "client: ADDRESS:PORT", a line each.
    private static PodAnswer? Parse(string answer, IPEndPoint from)
    {
        var lines = answer.Split('\n').Select(l => l.Split(": ", 2)).Where(l => l.Length == 2).ToDictionary(l => l[0], l => l[1]);
        return lines.Count == 0 ? null : new PodAnswer(lines["pod"], lines["client"][..lines["client"].LastIndexOf(':')], from);
    }
}
