using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Viaduct.Linux.Native;

namespace Viaduct.Linux.Sockets;

/// <summary>An IPv4 or IPv6 address and a port, without an object: who is at the other end of a socket.</summary>
/// <param name="Address">The address's bytes as a number; an IPv4 address has 32 bits of it.</param>
/// <param name="Port">The port.</param>
/// <param name="IsIPv4">Which family.</param>
public readonly record struct SocketPeer(UInt128 Address, ushort Port, bool IsIPv4)
{
    internal const int MaxLength = 28;

    /// <summary>Bytes of the address: 4 or 16.</summary>
    public int AddressLength => IsIPv4 ? 4 : 16;

    internal int Domain => IsIPv4 ? Libc.AF_INET : Libc.AF_INET6;

    /// <summary>From an address in network order, 4 or 16 bytes.</summary>
    public static SocketPeer From(ReadOnlySpan<byte> address, ushort port) => address.Length == 4
        ? new(BinaryPrimitives.ReadUInt32BigEndian(address), port, IsIPv4: true)
        : new(BinaryPrimitives.ReadUInt128BigEndian(address), port, IsIPv4: false);

    /// <summary>From an address of .NET.</summary>
    public static SocketPeer From(IPAddress address, ushort port) => From(address.GetAddressBytes(), port);

    /// <summary>Writes the address in network order and returns its length.</summary>
    public int WriteAddress(Span<byte> destination)
    {
        if (IsIPv4)
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)Address);
        else
            BinaryPrimitives.WriteUInt128BigEndian(destination, Address);
        return AddressLength;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        return new IPEndPoint(new IPAddress(bytes[..WriteAddress(bytes)]), Port).ToString();
    }

    // struct sockaddr_in: family (2), port (2), address (4), zero (8). struct sockaddr_in6: family (2), port (2), flowinfo (4), address (16), scope (4).
    internal ReadOnlySpan<byte> Write(Span<byte> socketAddress)
    {
        socketAddress.Clear();
        MemoryMarshal.Write(socketAddress, (ushort)Domain);
        BinaryPrimitives.WriteUInt16BigEndian(socketAddress[2..], Port);
        WriteAddress(socketAddress[(IsIPv4 ? 4 : 8)..]);
        return socketAddress[..(IsIPv4 ? 16 : MaxLength)];
    }

    internal static SocketPeer Read(ReadOnlySpan<byte> socketAddress)
    {
        var port = BinaryPrimitives.ReadUInt16BigEndian(socketAddress[2..]);
        return MemoryMarshal.Read<ushort>(socketAddress) == Libc.AF_INET
            ? From(socketAddress.Slice(4, 4), port)
            : From(socketAddress.Slice(8, 16), port);
    }
}
