using System.Net;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;

namespace Viaduct.Tests.Kernel.Nftables;

public sealed class NftClientTests : IDisposable
{
    private static readonly NftTable Table = new(NftFamily.IPv4, "t");
    private static readonly NftRegister R = NftRegister.First;

    private readonly NetNamespace ns = NetNamespace.Create();
    private readonly NftClient nft;

    public NftClientTests() => nft = NftClient.In(ns);

    public void Dispose()
    {
        nft.Dispose();
        ns.Dispose();
    }

    [Fact]
    public void Nft_prints_what_the_library_makes()
    {
        nft.Commit(Masquerading());
        var printed = Tool.Run(ns, "nft", "list", "ruleset");
        Assert.Equal(
            """
            table ip t {
            	comment "for a test"
            	set inside {
            		type ipv4_addr
            		flags interval
            		comment "ours"
            		elements = { 10.0.0.0/8, 172.16.0.0/12 }
            	}

            	map service {
            		type ipv4_addr . inet_proto . inet_service : verdict
            		elements = { 10.9.8.7 . tcp . 80 comment "a/b:http" : goto spread }
            	}

            	map endpoints {
            		type ipv4_addr . inet_proto . inet_service . mark : ipv4_addr . inet_service
            		elements = { 10.9.8.7 . tcp . 80 . 0x00000001 : 10.1.1.1 . 8080 }
            	}

            	chain spread {
            		comment "two endpoints"
            		dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 2 map @endpoints
            		drop
            	}

            	chain prerouting {
            		type nat hook prerouting priority dstnat; policy accept;
            		ip daddr . meta l4proto . th dport vmap @service
            		fib daddr type local ip daddr != 127.0.0.0/8 counter packets 0 bytes 0 accept
            	}

            	chain postrouting {
            		type nat hook postrouting priority srcnat; policy accept;
            		ct status dnat ct original ip daddr @inside masquerade fully-random
            		ip saddr 10.1.0.0/24 ip daddr != @inside masquerade comment "leaves"
            	}

            	chain input {
            		type filter hook input priority filter; policy drop;
            		meta mark set 0x00004000
            		th dport 30000-32767 accept
            		ct state new reject with tcp reset
            		reject
            	}
            }

            """.ReplaceLineEndings("\n"),
            printed);
    }

    [Fact]
    public void Everything_is_read_back_as_it_was_written()
    {
        nft.Commit(Masquerading());
        Assert.Equal("for a test", nft.FindTable(Table)?.Comment);
        Assert.Equal(new NftHookSpec(NftChainType.Filter, NftHookPoint.Input, 0, NftPolicy.Drop), nft.ListChains(Table).Single(c => c.Name == "input").Hook);
        Assert.Equal("two endpoints", nft.ListChains(Table).Single(c => c.Name == "spread").Comment);
        Assert.All(nft.ListSets(Table), info => Assert.Single(Sets(), info.Matches));
        var rules = nft.ListRules(Table);
        foreach (var (chain, written) in Rules().GroupBy(r => r.Chain, r => r.Rule).Select(g => (g.Key, g.ToList())))
        {
            var read = rules.Where(r => r.Chain == chain).ToList();
            Assert.Equal(written.SelectMany(r => r.Expressions), read.SelectMany(r => r.Expressions));
            Assert.Equal(written.Select(r => r.Comment), read.Select(r => r.Comment));
        }

        Assert.Equal(new NftElement(Service, NftVerdict.Goto("spread")) { Comment = "a/b:http" }, Assert.Single(nft.ListElements(Table, "service")));
        var endpoint = Assert.Single(nft.ListElements(Table, "endpoints"));
        Assert.Equal(Endpoint(10, 1, 1, 1), endpoint.Value);
    }

    [Fact]
    public void What_the_library_does_not_know_is_kept()
    {
        Tool.Run(ns, "nft", "add table ip t; add chain ip t c; add rule ip t c limit rate 5/second meta mark set 7 return");
        var rule = Assert.Single(nft.ListRules(Table, "c"));
        var unknown = Assert.IsType<UnknownExpression>(rule.Expressions[0]);
        Assert.Equal("limit", unknown.Name);
        nft.Commit(new NftBatch().AddChain(Table, new NftChainSpec { Name = "d" }).AddRule(Table, "d", new NftRuleSpec(rule.Expressions)));
        Assert.Contains("limit rate 5/second meta mark set 0x00000007 return", Tool.Run(ns, "nft", "list", "chain", "ip", "t", "d"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_batch_names_the_change_and_leaves_nothing()
    {
        var batch = new NftBatch().AddTable(Table).AddChain(Table, new NftChainSpec { Name = "a" })
            .AddRule(Table, "a", new NftRuleSpec(new ImmediateExpression(NftVerdict.Jump("nowhere"))) { Comment = "lost" });
        var error = Assert.Throws<NetlinkException>(() => nft.Commit(batch));
        Assert.True(error.IsNotFound);
        Assert.Equal("add rule ip t a (lost)", error.Item);
        Assert.Empty(nft.ListTables());
    }

    [Fact]
    public void A_refused_element_among_many_is_named()
    {
        nft.Commit(new NftBatch().AddTable(Table).AddSet(Table, Sets()[2]));
        var elements = Enumerable.Range(0, 50).Select(i => new NftElement(Slot(i), Endpoint(10, 1, 1, (byte)i))).ToList();
        nft.Commit(new NftBatch().AddElements(Table, "endpoints", elements.Take(10)));
        elements[7] = elements[7] with { Value = Endpoint(10, 7, 7, 7), Comment = "changed" };
        var error = Assert.Throws<NetlinkException>(() => nft.Commit(new NftBatch().AddElements(Table, "endpoints", elements)));
        Assert.EndsWith("(changed)", error.Item, StringComparison.Ordinal);
        Assert.Equal(10, nft.ListElements(Table, "endpoints").Count);
    }

    [Fact]
    public void Deleting_a_missing_element_or_table_is_not_found()
    {
        Assert.True(Assert.Throws<NetlinkException>(() => nft.Commit(new NftBatch().DeleteTable(Table))).IsNotFound);
        nft.Commit(new NftBatch().AddTable(Table).AddSet(Table, Sets()[2]));
        var error = Assert.Throws<NetlinkException>(() => nft.Commit(new NftBatch().DeleteElements(Table, "endpoints", [new NftElement(Slot(1))])));
        Assert.True(error.IsNotFound);
        nft.Commit(new NftBatch().DestroyTable(Table));
        nft.Commit(new NftBatch().DestroyTable(Table));
        Assert.Empty(nft.ListTables());
    }

    [Fact]
    public void An_element_can_change_its_value_within_one_batch()
    {
        nft.Commit(new NftBatch().AddTable(Table).AddSet(Table, Sets()[2]).AddElements(Table, "endpoints", [new NftElement(Slot(1), Endpoint(10, 1, 1, 1))]));
        nft.Commit(new NftBatch()
            .DeleteElements(Table, "endpoints", [new NftElement(Slot(1))])
            .AddElements(Table, "endpoints", [new NftElement(Slot(1), Endpoint(10, 2, 2, 2))]));
        Assert.Equal(Endpoint(10, 2, 2, 2), Assert.Single(nft.ListElements(Table, "endpoints")).Value);
    }

    [Fact]
    public void Thousands_of_elements_go_in_one_batch_and_come_back()
    {
        // More than 64 KB, an attribute's limit; less than what a socket of an ordinary user takes.
        var elements = Enumerable.Range(0, 4000).Select(i => new NftElement(Slot(i), Endpoint(10, 1, (byte)(i >> 8), (byte)i))).ToList();
        var before = nft.GetGeneration();
        nft.Commit(new NftBatch().AddTable(Table).AddSet(Table, Sets()[2]).AddElements(Table, "endpoints", elements));
        Assert.Equal(before + 1, nft.GetGeneration());
        var read = nft.ListElements(Table, "endpoints");
        Assert.Equal(elements.ToDictionary(e => e.Key, e => e.Value), read.ToDictionary(e => e.Key, e => e.Value));
        nft.Commit(new NftBatch().FlushSet(Table, "endpoints"));
        Assert.Empty(nft.ListElements(Table, "endpoints"));
    }

    [Theory]
    [InlineData("10.0.0.0/8")]
    [InlineData("10.1.255.0/24")]
    [InlineData("10.1.2.3/32")]
    [InlineData("192.168.96.0/19")]
    [InlineData("255.255.255.128/25")]
    public void A_range_is_what_nft_makes_of_it(string network)
    {
        nft.Commit(new NftBatch().AddTable(Table).AddSet(Table, Sets()[0]).AddElements(Table, "inside", NftElement.Range(IPNetwork.Parse(network))));
        Assert.Contains($"elements = {{ {network.Replace("/32", "", StringComparison.Ordinal)} }}", Tool.Run(ns, "nft", "list", "set", "ip", "t", "inside"), StringComparison.Ordinal);
    }

    private static readonly NftData Service = NftData.Concatenate(NftData.Address(IPAddress.Parse("10.9.8.7")), NftData.Byte(6), NftData.Port(80));

    private static NftData Slot(int slot) =>
        NftData.Concatenate(NftData.Address(IPAddress.Parse("10.9.8.7")), NftData.Byte(6), NftData.Port(80), NftData.Word((uint)slot));

    private static NftData Endpoint(byte a, byte b, byte c, byte d) => NftData.Concatenate(NftData.Address(new IPAddress([a, b, c, d])), NftData.Port(8080));

    private static NftSetSpec[] Sets() =>
    [
        new() { Name = "inside", KeyType = NftType.IPv4Address, IsInterval = true, Comment = "ours" },
        new() { Name = "service", KeyType = NftType.Concatenate(NftType.IPv4Address, NftType.InetProtocol, NftType.InetService), DataType = NftType.Verdict },
        new()
        {
            Name = "endpoints",
            KeyType = NftType.Concatenate(NftType.IPv4Address, NftType.InetProtocol, NftType.InetService, NftType.Mark),
            DataType = NftType.Concatenate(NftType.IPv4Address, NftType.InetService),
        },
    ];

    private static IEnumerable<(string Chain, NftRuleSpec Rule)> Rules()
    {
        yield return ("spread", new NftRuleSpec(
            PayloadExpression.IPv4Destination(R), new MetaExpression(NftMetaKey.L4Protocol, R.Plus(1)), PayloadExpression.DestinationPort(R.Plus(2)),
            new NumgenExpression(2, R.Plus(3)), new LookupExpression("endpoints", R) { Destination = R },
            new NatExpression(NftNatKind.Destination, NftFamily.IPv4, R, R.Plus(1))));
        yield return ("spread", new NftRuleSpec(new ImmediateExpression(NftVerdict.Drop)));
        yield return ("prerouting", new NftRuleSpec(
            PayloadExpression.IPv4Destination(R), new MetaExpression(NftMetaKey.L4Protocol, R.Plus(1)), PayloadExpression.DestinationPort(R.Plus(2)),
            LookupExpression.VerdictMap("service", R)));
        yield return ("prerouting", new NftRuleSpec(
            new FibExpression(false, R), new CompareExpression(NftCompare.Equal, R, FibExpression.Local),
            new PayloadExpression(NftPayloadBase.NetworkHeader, 16, 1, R), new CompareExpression(NftCompare.NotEqual, R, NftData.Byte(127)),
            new CounterExpression(), new ImmediateExpression(NftVerdict.Accept)));
        yield return ("postrouting", new NftRuleSpec(
            new ConntrackExpression(NftConntrackKey.Status, R), BitwiseExpression.And(R, NftData.Word((uint)NftConntrackStatus.DestinationNat)),
            new CompareExpression(NftCompare.NotEqual, R, NftData.Word(0)),
            new ConntrackExpression(NftConntrackKey.DestinationIPv4, R, NftDirection.Original), new LookupExpression("inside", R),
            new MasqueradeExpression(NftNatFlags.FullyRandom)));
        yield return ("postrouting", new NftRuleSpec(
            PayloadExpression.IPv4Source(R), BitwiseExpression.And(R, new NftData([255, 255, 255, 0])),
            new CompareExpression(NftCompare.Equal, R, NftData.Address(IPAddress.Parse("10.1.0.0"))),
            PayloadExpression.IPv4Destination(R), new LookupExpression("inside", R) { IsInverted = true },
            new MasqueradeExpression()) { Comment = "leaves" });
        yield return ("input", new NftRuleSpec(new ImmediateExpression(R, NftData.Word(0x4000)), new MetaExpression(NftMetaKey.Mark, R, IsSet: true)));
        yield return ("input", new NftRuleSpec(
            PayloadExpression.DestinationPort(R), new RangeExpression(R, NftData.Port(30000), NftData.Port(32767)), new ImmediateExpression(NftVerdict.Accept)));
        yield return ("input", new NftRuleSpec(
            new ConntrackExpression(NftConntrackKey.State, R), BitwiseExpression.And(R, NftData.Word((uint)NftConntrackState.New)),
            new CompareExpression(NftCompare.NotEqual, R, NftData.Word(0)),
            new MetaExpression(NftMetaKey.L4Protocol, R), new CompareExpression(NftCompare.Equal, R, NftData.Byte(6)), RejectExpression.TcpReset));
        yield return ("input", new NftRuleSpec(RejectExpression.IcmpPortUnreachable));
    }

    private static NftBatch Masquerading()
    {
        var batch = new NftBatch().AddTable(Table, "for a test");
        foreach (var set in Sets())
            batch.AddSet(Table, set);
        batch.AddChain(Table, new NftChainSpec { Name = "spread", Comment = "two endpoints" })
            .AddChain(Table, new NftChainSpec { Name = "prerouting", Hook = new(NftChainType.Nat, NftHookPoint.Prerouting, NftPriority.DestinationNat) })
            .AddChain(Table, new NftChainSpec { Name = "postrouting", Hook = new(NftChainType.Nat, NftHookPoint.Postrouting, NftPriority.SourceNat) })
            .AddChain(Table, new NftChainSpec { Name = "input", Hook = new(NftChainType.Filter, NftHookPoint.Input, NftPriority.Filter, NftPolicy.Drop) });
        foreach (var (chain, rule) in Rules())
            batch.AddRule(Table, chain, rule);
        return batch
            .AddElements(Table, "inside", [.. NftElement.Range(IPNetwork.Parse("10.0.0.0/8")), .. NftElement.Range(IPNetwork.Parse("172.16.0.0/12"))])
            .AddElements(Table, "service", [new NftElement(Service, NftVerdict.Goto("spread")) { Comment = "a/b:http" }])
            .AddElements(Table, "endpoints", [new NftElement(Slot(1), Endpoint(10, 1, 1, 1))]);
    }
}
