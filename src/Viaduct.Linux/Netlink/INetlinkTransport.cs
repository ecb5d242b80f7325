namespace Viaduct.Linux.Netlink;

/// <summary>Datagrams to and from the kernel: the seam for fakes, recording and fuzzing.</summary>
public interface INetlinkTransport : IDisposable
{
    /// <summary>The number that the kernel names as the cause of what this transport sent; 0 if there is none.</summary>
    uint PortId => 0;

    /// <summary>Sends one datagram, which may hold several messages.</summary>
    void Send(ReadOnlySpan<byte> datagram);

    /// <summary>Receives one datagram and returns its full length, which is larger than the buffer if it did not fit.</summary>
    /// <param name="buffer">Where the datagram goes.</param>
    /// <param name="wait">Whether to wait for one; otherwise 0 says that none is there.</param>
    int Receive(Span<byte> buffer, bool wait = true);
}
