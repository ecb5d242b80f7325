using System.Net;
using System.Net.Sockets;
using Viaduct.Linux.Ipset;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using Viaduct.Tests.Kernel.Nftables;

namespace Viaduct.Tests.Kernel.Ipvs;

/// <summary>Against ipset(8) in a fresh namespace.</summary>
public sealed class IpsetClientTests : IDisposable
{
    private static readonly IpsetSpec Web = new() { Name = "web", Type = "hash:ip,port", Family = AddressFamily.InterNetwork, HasMarks = true };
    private readonly NetNamespace ns;
    private readonly IpsetClient sets;

    public IpsetClientTests()
    {
        NeedsIpvs.OrSkip();
        ns = NetNamespace.Create();
        sets = IpsetClient.In(ns);
    }

    public void Dispose()
    {
        sets?.Dispose();
        ns?.Dispose();
    }

    public static TheoryData<string, string> Types => new()
    {
        { "hash:ip", "10.96.0.10" }, { "hash:net", "10.96.0.0/16" }, { "hash:ip,port", "10.96.0.10,tcp:80" }, { "hash:ip,port,ip", "172.20.0.3,udp:53,172.20.0.3" },
        { "hash:ip,port,net", "10.96.0.10,sctp:80,192.0.2.0/24" }, { "hash:ip", "fd00:96::10" }, { "hash:net", "fd00:96::/112" }, { "hash:ip,port,net", "fd00:96::10,tcp:80,2001:db8::/32" },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void An_entry_is_what_ipset_shows_and_what_ipset_adds_is_read_back(string type, string entry)
    {
        var family = entry.Contains("::", StringComparison.Ordinal) ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        sets.Create(Web with { Type = type, Family = family, HasMarks = false });
        Tool.Run(ns, "ipset", "add", "web", entry);
        var read = Assert.Single(sets.ListEntries("web"));
        Assert.Equal(entry, read.ToString());
        sets.Flush("web");
        sets.Add("web", [read]);
        Assert.Contains($"add web {entry}", Tool.Run(ns, "ipset", "save", "web"), StringComparison.Ordinal);
        sets.Delete("web", [read]);
        Assert.Empty(sets.ListEntries("web"));
    }

    [Fact]
    public void Thousands_of_entries_are_added_and_deleted_and_it_does_no_harm_to_do_so_again()
    {
        sets.Create(Web);
        IpsetEntry[] entries = [.. Enumerable.Range(0, 5000).Select(i => new IpsetEntry { Address = new IPAddress([10, 96, (byte)(i >> 8), (byte)i]), Protocol = 6, Port = 80 })];
        sets.Add("web", entries);
        sets.Add("web", entries);
        Assert.Equal(entries.Select(e => e.ToString()).Order(), sets.ListEntries("web").Select(e => e.ToString()).Order());
        sets.Delete("web", entries[1..]);
        sets.Delete("web", entries[1..]);
        Assert.Equal(entries[0], Assert.Single(sets.ListEntries("web")));
    }

    [Fact]
    public void A_mark_can_be_changed_and_taken_away()
    {
        sets.Create(Web);
        var entry = new IpsetEntry { Address = IPAddress.Parse("10.96.0.10"), Protocol = 6, Port = 80, Mark = 0x10056 };
        sets.Add("web", [entry]);
        Assert.Contains("10.96.0.10,tcp:80 skbmark 0x10056", Tool.Run(ns, "ipset", "list", "web"), StringComparison.Ordinal);
        sets.Add("web", [entry with { Mark = null }]);
        Assert.Equal([entry with { Mark = null }], sets.ListEntries("web"));
    }

    [Fact]
    public void A_set_that_is_there_is_told_with_its_properties()
    {
        Assert.Empty(sets.List());
        sets.Create(Web);
        Assert.True(Assert.Single(sets.List()).Is(Web));
        Assert.True(Assert.Throws<NetlinkException>(() => sets.Create(Web)).IsAlreadyExists);
        sets.Destroy("web");
        Assert.Empty(sets.List());
    }

    [Fact]
    public void Errors_name_the_set_and_say_what_is_wrong()
    {
        Assert.True(Assert.Throws<NetlinkException>(() => sets.ListEntries("web")).IsNotFound);
        var unknown = Assert.Throws<NetlinkException>(() => sets.Create(Web with { Type = "hash:nosuch" }));
        Assert.StartsWith("creating set web of type hash:nosuch failed: ", unknown.Message, StringComparison.Ordinal);
        sets.Create(Web with { MaxEntries = 1, HasMarks = false });
        sets.Add("web", [new IpsetEntry { Address = IPAddress.Loopback, Protocol = 6, Port = 1, Mark = null }]);
        var marked = Assert.Throws<NetlinkException>(() => sets.Add("web", [new IpsetEntry { Address = IPAddress.Loopback, Protocol = 6, Port = 1, Mark = 7 }]));
        Assert.Contains("without marks", marked.Message, StringComparison.Ordinal);
        Assert.Contains("the entry 127.0.0.1,tcp:1 skbmark 0x7", marked.Message, StringComparison.Ordinal);
    }
}
