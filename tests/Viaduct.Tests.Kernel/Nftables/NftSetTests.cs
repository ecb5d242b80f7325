using System.Net;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Tests.Kernel.Nftables;

public sealed class NftSetTests : IDisposable
{
    private static readonly NftTable Table = new(NftFamily.IPv4, "t"), Table6 = new(NftFamily.IPv6, "t");
    private static readonly NftRegister R = NftRegister.First;

    private static readonly NftSetSpec SourceRanges = new()
    {
        Name = "source-ranges",
        KeyType = NftType.Concatenate(NftType.IPv4Address, NftType.InetProtocol, NftType.InetService, NftType.IPv4Address),
        IsInterval = true,
    };

    private static readonly NftSetSpec Affinity = new()
    {
        Name = "affinity",
        KeyType = NftType.Concatenate(NftType.IPv4Address, NftType.Mark),
        DataType = NftType.Concatenate(NftType.IPv4Address, NftType.InetService),
        IsDynamic = true,
        HasTimeout = true,
        Size = 131072,
    };

    private readonly NetNamespace ns = NetNamespace.Create();
    private readonly NftClient nft;

    public NftSetTests() => nft = NftClient.In(ns);

    public void Dispose()
    {
        nft.Dispose();
        ns.Dispose();
    }

    [Fact]
    public void The_last_field_of_a_concatenation_may_be_a_range()
    {
        var element = new NftElement(Range("10.9.8.7", "192.168.0.0")) { KeyEnd = Range("10.9.8.7", "192.168.255.255"), Comment = "a/b" };
        nft.Commit(new NftBatch().AddTable(Table).AddSet(Table, SourceRanges).AddElements(Table, "source-ranges", [element]));
        Assert.Equal(
            """
            table ip t {
            	set source-ranges {
            		type ipv4_addr . inet_proto . inet_service . ipv4_addr
            		flags interval
            		elements = { 10.9.8.7 . tcp . 80 . 192.168.0.0/16 comment "a/b" }
            	}
            }

            """.ReplaceLineEndings("\n"),
            Tool.Run(ns, "nft", "list", "ruleset"));
        Assert.Equal(element, Assert.Single(nft.ListElements(Table, "source-ranges")));
        Assert.True(Assert.Single(nft.ListSets(Table)).Matches(SourceRanges));
        Assert.False(Assert.Single(nft.ListSets(Table)).Matches(SourceRanges with { HasCounter = true }));
        Assert.Equal("a/b", nft.GetElement(Table, "source-ranges", Range("10.9.8.7", "192.168.3.4"))?.Comment);
        Assert.Null(nft.GetElement(Table, "source-ranges", Range("10.9.8.7", "192.169.3.4")));
        nft.Commit(new NftBatch().DeleteElements(Table, "source-ranges", [element]));
        Assert.Empty(nft.ListElements(Table, "source-ranges"));
    }

    [Fact]
    public void A_rule_adds_renews_and_deletes_elements_that_time_out()
    {
        NftExpression[] key = [PayloadExpression.IPv4Source(R), new ImmediateExpression(R.Plus(1), NftData.Word(7))];
        NftExpression[] value = [new ImmediateExpression(R.Plus(2), NftData.Address(IPAddress.Parse("10.1.1.1"))), new ImmediateExpression(R.Plus(3), NftData.Port(80))];
        var timeout = TimeSpan.FromSeconds(10800);
        NftRuleSpec[] rules =
        [
            new([.. key, .. value, new DynsetExpression(NftDynsetOperation.Delete, "affinity", R) { Value = R.Plus(2) }]),
            new([.. key, .. value, new DynsetExpression(NftDynsetOperation.Update, "affinity", R) { Value = R.Plus(2), Timeout = timeout }]),
            new([.. key, .. value, new DynsetExpression(NftDynsetOperation.Add, "affinity", R) { Value = R.Plus(2), Timeout = timeout }]),
        ];
        nft.Commit(WithChain(Table, rules, Affinity));
        Assert.Equal(rules.SelectMany(r => r.Expressions), nft.ListRules(Table).SelectMany(r => r.Expressions));
        Assert.True(Assert.Single(nft.ListSets(Table)).Matches(Affinity));
        Assert.False(Assert.Single(nft.ListSets(Table)).Matches(Affinity with { Size = 7 }));
        Assert.Equal(
            """
            table ip t {
            	map affinity {
            		type ipv4_addr . mark : ipv4_addr . inet_service
            		size 131072
            		flags dynamic,timeout
            	}

            	chain c {
            		delete @affinity { ip saddr . 0x00000007 : 10.1.1.1 . 80 }
            		update @affinity { ip saddr . 0x00000007 timeout 3h : 10.1.1.1 . 80 }
            		add @affinity { ip saddr . 0x00000007 timeout 3h : 10.1.1.1 . 80 }
            	}
            }

            """.ReplaceLineEndings("\n"),
            Tool.Run(ns, "nft", "list", "ruleset"));
    }

    [Fact]
    public void An_element_tells_how_long_it_stays()
    {
        var key = NftData.Concatenate(NftData.Address(IPAddress.Parse("10.0.0.1")), NftData.Word(1));
        var element = new NftElement(key, NftData.Concatenate(NftData.Address(IPAddress.Parse("10.1.1.1")), NftData.Port(80))) { Timeout = TimeSpan.FromHours(1) };
        nft.Commit(new NftBatch().AddTable(Table).AddSet(Table, Affinity).AddElements(Table, "affinity", [element]));
        var read = Assert.Single(nft.ListElements(Table, "affinity"));
        Assert.Equal(element.Timeout, read.Timeout);
        Assert.InRange(read.Expiration!.Value, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
    }

    [Fact]
    public void Rules_for_IPv6_read_as_nft_writes_them()
    {
        NftRuleSpec[] rules =
        [
            new(PayloadExpression.IPv6Source(R), new LookupExpression("addresses", R), new MetaExpression(NftMetaKey.InputInterfaceName, R),
                new CompareExpression(NftCompare.NotEqual, R, NftData.InterfacePrefix("veth")), new FibExpression(IsSource: false, R),
                new CompareExpression(NftCompare.Equal, R, FibExpression.Local), RejectExpression.Icmpv6PortUnreachable),
            new(new ConntrackExpression(NftConntrackKey.DestinationIPv6, R, NftDirection.Original), new LookupExpression("addresses", R), new CounterExpression()),
            new(PayloadExpression.IPv6Destination(R), new NumgenExpression(3, R.Plus(4), Offset: 65536), new LookupExpression("endpoints", R) { Destination = R },
                new NatExpression(NftNatKind.Destination, NftFamily.IPv6, R, R.Plus(4))),
        ];
        NftSetSpec addresses = new() { Name = "addresses", KeyType = NftType.IPv6Address };
        NftSetSpec endpoints = new()
        {
            Name = "endpoints",
            KeyType = NftType.Concatenate(NftType.IPv6Address, NftType.Mark),
            DataType = NftType.Concatenate(NftType.IPv6Address, NftType.InetService),
        };
        nft.Commit(WithChain(Table6, rules, addresses, endpoints));
        Assert.Equal(rules.SelectMany(r => r.Expressions), nft.ListRules(Table6).SelectMany(r => r.Expressions));
        var printed = Tool.Run(ns, "nft", "list", "chain", "ip6", "t", "c");
        Assert.Contains("ip6 saddr @addresses iifname != \"veth*\" fib daddr type local reject\n", printed, StringComparison.Ordinal);
        Assert.Contains("ct original ip6 daddr @addresses counter packets 0 bytes 0\n", printed, StringComparison.Ordinal);
        Assert.Contains("dnat ip6 to ip6 daddr . numgen random mod 3 offset 65536 map @endpoints\n", printed, StringComparison.Ordinal);
    }

    private static NftBatch WithChain(NftTable table, IEnumerable<NftRuleSpec> rules, params IEnumerable<NftSetSpec> sets)
    {
        var batch = new NftBatch().AddTable(table).AddChain(table, new NftChainSpec { Name = "c" });
        foreach (var set in sets)
            batch.AddSet(table, set);
        foreach (var rule in rules)
            batch.AddRule(table, "c", rule);
        return batch;
    }

    private static NftData Range(string service, string source) => NftData.Concatenate(
        NftData.Address(IPAddress.Parse(service)), NftData.Byte(6), NftData.Port(80), NftData.Address(IPAddress.Parse(source)));
}
