using Viaduct.Linux.Native;
using Viaduct.Linux.Netlink;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>A transport whose n-th step fails, before or after the kernel has seen it.</summary>
internal sealed class FaultyTransport(INetlinkTransport inner) : INetlinkTransport
{
    private int steps;

    /// <summary>Which step fails, from 1; 0 none.</summary>
    public int FailAt { get; set; }

    /// <summary>Whether a failing send reaches the kernel first.</summary>
    public bool AfterSending { get; set; }

    public bool HasFailed { get; private set; }

    public uint PortId => inner.PortId;

    public void Send(ReadOnlySpan<byte> datagram)
    {
        var fails = Fails();
        if (!fails || AfterSending)
            inner.Send(datagram);
        if (fails)
            throw new NetlinkException("sending to the kernel", Errno.ENOBUFS);
    }

    public int Receive(Span<byte> buffer, bool wait = true) =>
        Fails() ? throw new NetlinkException("receiving from the kernel", Errno.ENOMEM) : inner.Receive(buffer, wait);

    public void Dispose() => inner.Dispose();

    private bool Fails()
    {
        var fails = ++steps == FailAt;
        HasFailed |= fails;
        return fails;
    }
}
