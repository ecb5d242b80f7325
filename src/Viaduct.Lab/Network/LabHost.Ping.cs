using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Viaduct.Lab.Engine;
using Viaduct.Linux.Packets;

namespace Viaduct.Lab.Network;

/// <content>ping(8).</content>
public sealed partial class LabHost
{
    // An answer that must come may take its time on a busy machine; one that must not come would be here within microseconds.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5), s_impatience = TimeSpan.FromMilliseconds(500);

    private const int SolSocket = 1, SoBindToDevice = 25;

    private ushort sequence;

    /// <summary>Sends one echo request that must be answered.</summary>
    /// <exception cref="ExperimentFailedException">It is not.</exception>
    public Task PingSucceedsAsync(string target, LocalizedText why, string? from = null) => PingAsync(target, why, from, isAnswered: true);

    /// <summary>Sends one echo request that must not be answered.</summary>
    /// <exception cref="ExperimentFailedException">It is.</exception>
    public Task PingFailsAsync(string target, LocalizedText why, string? from = null) => PingAsync(target, why, from, isAnswered: false);

    /// <summary>Sends one echo request and tells whether it was answered in time.</summary>
    /// <param name="target">Whom to ask.</param>
    /// <param name="from">
    /// As <c>ping -I</c>: the device to send from (SO_BINDTODEVICE), and only an answer that comes in there counts; or the own address to send with.
    /// </param>
    /// <param name="patience">How long to wait.</param>
    public async Task<bool> PingAsync(string target, string? from, TimeSpan patience) => await AskAsync(target, from, patience) == Answer.Came;

    private enum Answer
    {
        Came,
        None,
        NoRoute,
    }

    private async Task<Answer> AskAsync(string target, string? from, TimeSpan patience)
    {
        using var socket = Namespace.Run(() => OpenPing(from));
        var (id, number) = ((ushort)Random.Shared.Next(1, ushort.MaxValue), ++sequence);
        try
        {
            await socket.SendToAsync(EchoRequest(id, number), new IPEndPoint(IPAddress.Parse(target), 0));
            using var late = new CancellationTokenSource(patience);
            await AnswerAsync(socket, id, number, late.Token);
            return Answer.Came;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.NetworkUnreachable)
        {
            return Answer.NoRoute;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // "Destination Host Unreachable", or nothing in time.
            return Answer.None;
        }
    }

    private async Task PingAsync(string target, LocalizedText why, string? from, bool isAnswered)
    {
        Note($"ping -c 1 {(from is null ? "" : $"-I {from} ")}{target}");
        var answer = await AskAsync(target, from, isAnswered ? s_patience : s_impatience);
        lab.Record(new OutputLine(answer switch
        {
            Answer.Came => "1 packets transmitted, 1 received, 0% packet loss",
            Answer.NoRoute => "ping: connect: Network is unreachable",
            _ => "1 packets transmitted, 0 received, 100% packet loss",
        }));
        var found = answer == Answer.Came;
        lab.Holds(why, found == isAnswered, isAnswered == found ? null : found ? "the ping was answered" : "the ping was not answered");
    }

    private static Socket OpenPing(string? from)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Icmp);
        if (IPAddress.TryParse(from, out var source))
            socket.Bind(new IPEndPoint(source, 0));
        else if (from is not null)
            socket.SetRawSocketOption(SolSocket, SoBindToDevice, System.Text.Encoding.ASCII.GetBytes(from + "\0"));
        return socket;
    }

    private static async Task AnswerAsync(Socket socket, ushort id, ushort number, CancellationToken cancellation)
    {
        var buffer = new byte[2048];
        while (!IsAnswer(buffer.AsSpan(0, await socket.ReceiveAsync(buffer, cancellation)), id, number))
        {
            // Somebody else's.
        }
    }

    // A raw socket gets whole IPv4 packets; type 0 is the echo reply (RFC 792).
    private static bool IsAnswer(ReadOnlySpan<byte> packet, ushort id, ushort number)
    {
        var message = packet[((packet[0] & 0xf) * 4)..];
        return message.Length >= 8 && message[0] == 0 && BinaryPrimitives.ReadUInt16BigEndian(message[4..]) == id && BinaryPrimitives.ReadUInt16BigEndian(message[6..]) == number;
    }

    private static byte[] EchoRequest(ushort id, ushort number)
    {
        var message = new byte[64];
        message[0] = 8;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(4), id);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), number);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), InternetChecksum.Of(message));
        return message;
    }
}
