using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Viaduct.Linux.Ipset;
using Viaduct.Linux.Ipvs;
using Viaduct.Linux.Netlink;
using static Viaduct.Linux.Native.IpsetConstants;

namespace Viaduct.Tests.Ipvs;

/// <summary>
/// The bytes that we send against those that ipvsadm 1.31 and ipset 7.17 send, taken in user-mode Linux 6.1 with
/// <c>strace -e trace=sendmsg,sendto -e write=3,4 COMMAND</c>. Type, sequence and sender (bytes 4 to 15) are set to ours. The command stands above each.
/// </summary>
public class IpvsGoldenTests
{
    private const ushort Family = 0x1c;
    private static readonly VirtualServiceKey Web = VirtualServiceKey.On(6, IPAddress.Parse("10.96.0.10"), 80);

    [Fact]
    public void Adding_a_persistent_service() => // ipvsadm -A -t 10.96.0.10:80 -s rr -p 10800
        AssertSame(
            "01010000" + "540001800600010002000000060002000600000014000300" + "0a60000a000000000000000000000000" + "0600040000500000070006007272000" + "00c00070001000000ffffffff08000800302a000008000900ffffffff",
            Sent(new IpvsBatch().AddService(new() { Key = Web, Scheduler = "rr", PersistenceSeconds = 10800 })));

    [Fact]
    public void Adding_an_ipv6_service() => // ipvsadm -A -u [fd00:96::10]:53 -s wlc
        AssertSame(
            "01010000" + "54000180060001000a000000060002001100000014000300" + "fd000096000000000000000000000010" + "060004000035000008000600776c6300" + "0c00070000000000ffffffff08000800000000000800090080000000",
            Sent(new IpvsBatch().AddService(new() { Key = VirtualServiceKey.On(17, IPAddress.Parse("fd00:96::10"), 53), Scheduler = "wlc" })));

    [Fact]
    public void Adding_a_service_by_mark() => // ipvsadm -A -f 86 -s sh -b sh-port
        AssertSame(
            "01010000" + "380001800600010002000000" + "0800050056000000" + "0700060073680000" + "0c00070010000000ffffffff080008000000000008000900ffffffff",
            Sent(new IpvsBatch().AddService(new() { Key = VirtualServiceKey.Marked(AddressFamily.InterNetwork, 86), Scheduler = "sh", Flags = VirtualServiceFlags.SourceHashPort })));

    // ipvsadm also sends an empty scheduler and so on, and TUN attributes: of what it sends, ours is what the kernel needs.
    [Fact]
    public void Adding_a_destination() => // ipvsadm -a -t 10.96.0.10:80 -r 172.20.0.3:8080 -m -w 1
        AssertPartOf(
            "05010000" + "54000180060001000200000006000200060000001400030" + "00a60000a00000000000000000000000006000400005000000500060000000000" + "0c00070000000000ffffffff080008000000000008000900ffffffff"
            + "6000028006000b000200000014000100ac14000300000000000000000000000006000200" + "1f900000080003000000000008000400010000000500" + "0d000000000006000e000000000006000f000000000008000500000000000800060000000000",
            Sent(new IpvsBatch().AddDestination(Web, new() { Address = IPAddress.Parse("172.20.0.3"), Port = 8080 })));

    [Fact]
    public void Setting_time_outs() // ipvsadm --set 0 0 60
    {
        var message = IpvsWire.SetTimeouts(Family, new IpvsTimeouts(0, 0, 60));
        AssertSame("0c010000" + "080004000000000008000500000000000800060" + "03c000000", message.Written.ToArray());
        message.Dispose();
    }

    [Fact]
    public void Adding_entries_of_a_set() // printf 'add web 10.96.0.10,tcp:80 skbmark 0x10056\nadd web 10.96.0.11,udp:53\n' | ipset restore
    {
        var message = new NlWriter();
        IpsetWire.WriteEntries(
            ref message,
            IPSET_CMD_ADD,
            "web",
            [
                new() { Address = IPAddress.Parse("10.96.0.10"), Protocol = 6, Port = 80, Mark = 0x10056 },
                new() { Address = IPAddress.Parse("10.96.0.11"), Protocol = 17, Port = 53 },
            ],
            0,
            2);
        // The numbers of lines are the kernel's to give back; padding holds what was in ipset's buffer before.
        AssertSame(
            "02000000" + "0500010007000000" + "0800020077656200" + "0800090000000000" + "60000880"
            + "340007800c000180080001400a60000a060004400050000005000700060000000c001b4000010056ffffffff0800090000000000"
            + "280007800c000180080001400a60000b0600044000350000050007001100000008000900" + "01000000",
            message.Written.ToArray());
        message.Dispose();
    }

    private static byte[] Sent(IpvsBatch batch)
    {
        var writer = new NlWriter();
        IpvsWire.Write(ref writer, Family, Assert.Single(batch.Commands), acknowledged: true);
        var bytes = writer.Written.ToArray();
        writer.Dispose();
        return bytes;
    }

    private static void AssertSame(string payload, byte[] message)
    {
        Assert.Equal((uint)message.Length, MemoryMarshal.Read<uint>(message));
        Assert.Equal(payload, Convert.ToHexStringLower(message.AsSpan(16)));
    }

    private static void AssertPartOf(string payload, byte[] message)
    {
        var theirs = Attributes(Convert.FromHexString(payload)).ToHashSet();
        Assert.Equal(payload[..8], Convert.ToHexStringLower(message.AsSpan(16, 4)));
        Assert.Subset(theirs, Attributes(message[16..]).ToHashSet());
    }

    // Each as its parent's type and its own bytes.
    private static List<string> Attributes(byte[] payload)
    {
        var found = new List<string>();
        foreach (var outer in new NlAttributes(payload.AsSpan(4)))
        {
            foreach (var inner in outer.Nested())
                found.Add($"{outer.Type} {inner.Type} {Convert.ToHexStringLower(inner.Value)}");
        }

        return found;
    }
}
