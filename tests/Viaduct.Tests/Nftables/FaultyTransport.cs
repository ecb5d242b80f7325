using System.Runtime.InteropServices;
using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.NetlinkConstants;
using static Viaduct.Linux.Native.NfTablesConstants;

namespace Viaduct.Tests.Nftables;

/// <summary>What a <see cref="FaultyTransport"/> does, and to which step it is counted.</summary>
internal enum TransportFault
{
    /// <summary>A message of a transaction is refused: the kernel sees nothing of the transaction.</summary>
    RefuseMessage,

    /// <summary>A datagram is not sent.</summary>
    FailSend,

    /// <summary>A datagram is sent, and the sender told that it was not.</summary>
    FailAfterSend,

    /// <summary>The answers to a datagram are lost.</summary>
    LoseAnswers,

    /// <summary>Receiving fails, as when the socket overflowed.</summary>
    FailReceive,

    /// <summary>A part of a list says that something changed meanwhile (NLM_F_DUMP_INTR).</summary>
    InterruptDump,

    /// <summary>Something happens before a datagram is sent.</summary>
    Meanwhile,
}

/// <summary>A transport at whose n-th step a fault happens. Steps are messages of transactions, datagrams that are sent, or datagrams that are received.</summary>
internal sealed class FaultyTransport(INetlinkTransport inner) : INetlinkTransport
{
    private readonly Queue<byte[]> refusals = [];
    private TransportFault fault;
    private int errno;
    private int stepsLeft;
    private bool losesAnswers;
    private Action? meanwhile;

    public uint PortId => inner.PortId;

    /// <summary>The same without faults.</summary>
    public INetlinkTransport Inner => inner;

    /// <summary>Whether the fault happened.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Whether every later step fails, too.</summary>
    public bool IsLasting { get; init; }

    /// <summary>Prepares a fault.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="step">At which step from now on, from 1.</param>
    /// <param name="error">The error, where the fault is one.</param>
    /// <param name="action">What happens meanwhile.</param>
    public void Arm(TransportFault kind, int step, int error = 0, Action? action = null) => (fault, stepsLeft, errno, meanwhile) = (kind, step, error, action);

    public void Send(ReadOnlySpan<byte> datagram)
    {
        losesAnswers = false;
        if (fault == TransportFault.RefuseMessage && IsRefused(datagram))
            return;
        var fails = fault is TransportFault.FailSend or TransportFault.FailAfterSend or TransportFault.LoseAnswers or TransportFault.Meanwhile && IsNow();
        if (fails && fault == TransportFault.Meanwhile)
            meanwhile!();
        if (!fails || fault != TransportFault.FailSend)
            inner.Send(datagram);
        losesAnswers = fails && fault == TransportFault.LoseAnswers;
        if (fails && fault is TransportFault.FailSend or TransportFault.FailAfterSend)
            throw new NetlinkException("sending to the kernel", errno);
    }

    public int Receive(Span<byte> buffer, bool wait = true)
    {
        if (refusals.TryDequeue(out var refusal))
        {
            refusal.CopyTo(buffer);
            return refusal.Length;
        }

        if (fault == TransportFault.FailReceive && IsNow())
            throw new NetlinkException("receiving from the kernel", errno);
        while (losesAnswers && inner.Receive(buffer, wait: false) > 0)
        {
        }

        if (losesAnswers && wait)
            throw new NetlinkException("receiving from the kernel", Errno.ENOBUFS);
        var length = inner.Receive(buffer, wait);
        if (fault == TransportFault.InterruptDump && length > 0 && IsDump(buffer) && IsNow())
            MemoryMarshal.Write(buffer[6..], (ushort)(MemoryMarshal.Read<ushort>(buffer[6..]) | NLM_F_DUMP_INTR));
        return length;
    }

    public void Dispose() => inner.Dispose();

    private bool IsNow()
    {
        if (stepsLeft <= 0 || --stepsLeft > 0)
            return false;
        stepsLeft = IsLasting ? 1 : 0;
        return HasFailed = true;
    }

    private bool IsRefused(ReadOnlySpan<byte> datagram)
    {
        if (MemoryMarshal.Read<ushort>(datagram[4..]) != NFNL_MSG_BATCH_BEGIN)
            return false;
        foreach (var message in new NlReader(datagram))
        {
            if (message.Type is NFNL_MSG_BATCH_BEGIN or NFNL_MSG_BATCH_END || !IsNow())
                continue;
            refusals.Enqueue(Refusal(message));
            return true;
        }

        return false;
    }

    // A datagram of acknowledgements is none; all else that a list is answered with has NLM_F_MULTI.
    private static bool IsDump(ReadOnlySpan<byte> datagram) => MemoryMarshal.Read<ushort>(datagram[4..]) is not NLMSG_ERROR;

    private byte[] Refusal(NlMessage message)
    {
        var answer = new byte[36];
        MemoryMarshal.Write(answer.AsSpan(0), answer.Length);
        MemoryMarshal.Write(answer.AsSpan(4), NLMSG_ERROR);
        MemoryMarshal.Write(answer.AsSpan(6), NLM_F_CAPPED);
        MemoryMarshal.Write(answer.AsSpan(8), message.Sequence);
        MemoryMarshal.Write(answer.AsSpan(16), -errno);
        message.Bytes[..16].CopyTo(answer.AsSpan(20));
        return answer;
    }
}
