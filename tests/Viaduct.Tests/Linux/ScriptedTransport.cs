using System.Runtime.InteropServices;
using Viaduct.Linux.Netlink;

namespace Viaduct.Tests.Linux;

/// <summary>Answers each datagram that is sent with the next of the given ones, their sequence numbers made to fit.</summary>
internal sealed class ScriptedTransport(params byte[][] answers) : INetlinkTransport
{
    private readonly Queue<byte[]> _answers = new(answers);
    private readonly Queue<byte[]> _waiting = [];

    /// <summary>How many answers one request takes from the script.</summary>
    public int AnswersPerRequest { get; init; } = 1;

    /// <summary>A step that throws instead of answering, by the number of the receive call; used once.</summary>
    public Dictionary<int, Exception> Failures { get; } = [];

    public List<byte[]> Sent { get; } = [];

    private int _received;

    public void Send(ReadOnlySpan<byte> datagram)
    {
        Sent.Add(datagram.ToArray());
        var sequence = MemoryMarshal.Read<uint>(datagram[8..]);
        for (var i = 0; i < AnswersPerRequest && _answers.TryDequeue(out var answer); i++)
        {
            for (var at = 0; at < answer.Length; at += (int)MemoryMarshal.Read<uint>(answer.AsSpan(at)) + 3 & ~3)
                MemoryMarshal.Write(answer.AsSpan(at + 8), sequence + MemoryMarshal.Read<uint>(answer.AsSpan(at + 8)) % 100);
            _waiting.Enqueue(answer);
        }
    }

    public int Receive(Span<byte> buffer, bool wait = true)
    {
        if (_waiting.Count == 0)
            return wait ? throw new InvalidOperationException("The script has no answer left.") : 0;
        if (Failures.Remove(_received++, out var failure))
            throw failure;
        var answer = _waiting.Dequeue();
        answer.CopyTo(buffer);
        return answer.Length;
    }

    public void Dispose()
    {
    }
}
