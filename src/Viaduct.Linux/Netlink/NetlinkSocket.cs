using System.Net.Sockets;
using System.Runtime.InteropServices;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Netlink;

/// <summary>An AF_NETLINK socket. It is opened in the calling thread's network namespace and stays in that one, whichever thread uses it.</summary>
public sealed class NetlinkSocket : INetlinkTransport
{
    private readonly DescriptorHandle _socket;

    /// <summary>Opens and binds a socket.</summary>
    /// <param name="protocol">NETLINK_ROUTE, NETLINK_NETFILTER and so on.</param>
    /// <param name="groups">Multicast groups to join (RTNLGRP_*, NFNLGRP_*).</param>
    public NetlinkSocket(int protocol, params ReadOnlySpan<uint> groups)
    {
        _socket = Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, protocol);
        if (_socket.IsInvalid)
            throw Failed("opening a netlink socket");
        try
        {
            Prepare(groups);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>The kernel's number for this socket, which answers and notifications name as their cause (nlmsg_pid).</summary>
    public uint PortId
    {
        get
        {
            var size = (uint)Marshal.SizeOf<sockaddr_nl>();
            return Libc.getsockname(_socket, out var address, ref size) == 0 ? address.nl_pid : throw Failed("asking for the port of a netlink socket");
        }
    }

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> datagram)
    {
        if (TrySend(datagram) is not Errno.EMSGSIZE)
            return;
        // netlink_sendmsg() refuses a datagram larger than the send buffer less 32 bytes.
        GrowSendBuffer(datagram.Length + 4096);
        if (TrySend(datagram) is Errno.EMSGSIZE)
            throw new NetlinkException($"sending {datagram.Length} bytes to the kernel", Errno.EMSGSIZE, "the socket's send buffer cannot grow that far; send less at once or raise net.core.wmem_max");
    }

    /// <inheritdoc/>
    public int Receive(Span<byte> buffer, bool wait = true)
    {
        var flags = Libc.MSG_TRUNC | (wait ? 0 : Libc.MSG_DONTWAIT);
        while (true)
        {
            var length = Libc.recv(_socket, buffer, (nuint)buffer.Length, flags);
            if (length >= 0)
                return (int)length;
            var errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.EAGAIN && !wait)
                return 0;
            if (errno != Errno.EINTR)
                throw new NetlinkException("receiving from the kernel", errno);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    internal void JoinGroup(uint group) => SetOption(Libc.NETLINK_ADD_MEMBERSHIP, (int)group, $"joining netlink group {group}");

    internal void LeaveGroup(uint group) => SetOption(Libc.NETLINK_DROP_MEMBERSHIP, (int)group, $"leaving netlink group {group}");

    /// <summary>The same socket for waiting without a thread. It does not own the descriptor: this object must live longer.</summary>
    internal Socket ToSocket() => new(new SafeSocketHandle(_socket.DangerousGetHandle(), ownsHandle: false));

    /// <summary>Makes room for bursts of notifications, as far as the caller may.</summary>
    internal void GrowReceiveBuffer(int size)
    {
        if (Libc.setsockopt(_socket, Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, size, sizeof(int)) != 0)
            _ = Libc.setsockopt(_socket, Libc.SOL_SOCKET, Libc.SO_RCVBUF, size, sizeof(int));
    }

    private void Prepare(ReadOnlySpan<uint> groups)
    {
        var address = new sockaddr_nl { nl_family = Libc.AF_NETLINK };
        var size = (uint)Marshal.SizeOf<sockaddr_nl>();
        if (Libc.bind(_socket, address, size) != 0)
            throw Failed("binding a netlink socket");
        // Connected to port 0, only the kernel can send to this socket (netlink_getsockbyportid in af_netlink.c).
        if (Libc.connect(_socket, address, size) != 0)
            throw Failed("connecting a netlink socket to the kernel");
        SetOption(Libc.NETLINK_EXT_ACK, 1, "asking for extended acknowledgements");
        SetOption(Libc.NETLINK_CAP_ACK, 1, "asking for short acknowledgements");
        SetOption(Libc.NETLINK_GET_STRICT_CHK, 1, "asking for strict checking of dumps");
        foreach (var group in groups)
            JoinGroup(group);
    }

    private void SetOption(int name, int value, string operation)
    {
        if (Libc.setsockopt(_socket, Libc.SOL_NETLINK, name, value, sizeof(int)) != 0)
            throw Failed(operation);
    }

    private int TrySend(ReadOnlySpan<byte> datagram)
    {
        while (true)
        {
            if (Libc.send(_socket, datagram, (nuint)datagram.Length, Libc.MSG_NOSIGNAL) >= 0)
                return 0;
            var errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.EMSGSIZE)
                return errno;
            if (errno != Errno.EINTR)
                throw new NetlinkException("sending to the kernel", errno);
        }
    }

    // SO_SNDBUFFORCE needs CAP_NET_ADMIN of the first user namespace; SO_SNDBUF goes as far as net.core.wmem_max. The kernel doubles both.
    private void GrowSendBuffer(int size)
    {
        if (Libc.setsockopt(_socket, Libc.SOL_SOCKET, Libc.SO_SNDBUFFORCE, size, sizeof(int)) != 0
            && Libc.setsockopt(_socket, Libc.SOL_SOCKET, Libc.SO_SNDBUF, size, sizeof(int)) != 0)
            throw Failed("growing the send buffer of a netlink socket");
    }

    private static NetlinkException Failed(string operation) => new(operation, Marshal.GetLastPInvokeError());
}
