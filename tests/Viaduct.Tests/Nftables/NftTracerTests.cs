using System.Net;
using Viaduct.Linux.Nftables;
using Viaduct.Linux.Nftables.Expressions;
using Viaduct.Linux.Nftables.Tracing;

namespace Viaduct.Tests.Nftables;

public class NftTracerTests
{
    private static readonly NftTable Table = new(NftFamily.IPv4, "t");
    private static readonly NftRegister R = NftRegister.First;
    private static readonly NftHost Host = new() { Addresses = [IPAddress.Parse("192.0.2.1")] };

    private static readonly NftSetSpec Service = new()
    {
        Name = "service", KeyType = NftType.Concatenate(NftType.IPv4Address, NftType.InetService), DataType = NftType.Verdict,
    };

    private static readonly NftSetSpec Endpoints = new()
    {
        Name = "endpoints", KeyType = NftType.Mark, DataType = NftType.Concatenate(NftType.IPv4Address, NftType.InetService),
    };

    private static readonly NftSetSpec Clients = new()
    {
        Name = "clients", KeyType = NftType.IPv4Address, DataType = NftType.Concatenate(NftType.IPv4Address, NftType.InetService), IsDynamic = true, HasTimeout = true, Size = 1,
    };

    [Fact]
    public void A_random_choice_gives_every_way_with_its_probability()
    {
        var traces = Trace(FanOut(3), "10.9.0.1", 80);
        Assert.Equal(3, traces.Count);
        Assert.All(traces, t => Assert.Equal((NftOutcome.Accepted, 1.0 / 3), (t.Outcome, t.Probability)));
        Assert.Equal(["10.1.0.0:8080", "10.1.0.1:8080", "10.1.0.2:8080"], traces.Select(t => t.Destination.ToString()));
        Assert.Equal("prerouting[1]: @service (web), goto fan-out", traces[0].Path[0]);
    }

    [Fact]
    public void A_packet_that_no_rule_matches_goes_where_it_was_addressed_to()
    {
        var trace = Assert.Single(Trace(FanOut(3), "10.9.0.2", 80));
        Assert.Equal((NftOutcome.Accepted, false, "10.9.0.2:80"), (trace.Outcome, trace.IsTranslated, trace.Destination.ToString()));
    }

    [Fact]
    public void A_slot_that_is_missing_ends_the_rule_and_the_next_one_decides()
    {
        var traces = Trace(FanOut(2, missing: 1), "10.9.0.1", 80);
        Assert.Equal([NftOutcome.Accepted, NftOutcome.Dropped], traces.Select(t => t.Outcome));
    }

    [Fact]
    public void Masquerade_is_decided_by_where_the_connection_went_at_first()
    {
        var ruleset = FanOut(1)
            .Add(Chain("postrouting", NftChainType.Nat, NftHookPoint.Postrouting, 100))
            .Add("postrouting", new NftRuleSpec(
                new ConntrackExpression(NftConntrackKey.DestinationIPv4, R, NftDirection.Original), new CompareExpression(NftCompare.Equal, R, Address("10.9.0.1")),
                new MasqueradeExpression()));
        Assert.True(Assert.Single(Trace(ruleset, "10.9.0.1", 80)).IsMasqueraded);
        Assert.False(Assert.Single(Trace(ruleset, "10.9.0.2", 80)).IsMasqueraded);
    }

    [Fact]
    public void Chains_run_in_the_order_of_their_priorities_and_a_later_drop_wins()
    {
        var ruleset = new NftRuleset(Table)
            .Add(Chain("late", NftChainType.Filter, NftHookPoint.Prerouting, 10)).Add("late", new NftRuleSpec(RejectExpression.IcmpPortUnreachable))
            .Add(Chain("early", NftChainType.Filter, NftHookPoint.Prerouting, -10)).Add("early", new NftRuleSpec(new ImmediateExpression(NftVerdict.Accept)));
        var trace = Assert.Single(Trace(ruleset, "10.9.0.1", 80));
        Assert.Equal(NftOutcome.Rejected, trace.Outcome);
        Assert.Equal(["early[1]: accept", "late[1]: reject, drop"], trace.Path);
    }

    [Fact]
    public void A_return_and_the_end_of_a_chain_lead_back_behind_the_jump_but_not_behind_a_goto()
    {
        var ruleset = new NftRuleset(Table).Add(Chain("base", NftChainType.Filter, NftHookPoint.Prerouting, 0))
            .Add(new NftChainSpec { Name = "a" }).Add(new NftChainSpec { Name = "b" })
            .Add("base", Verdict(NftVerdict.Jump("a"))).Add("base", Verdict(NftVerdict.Drop))
            .Add("a", Verdict(NftVerdict.Goto("b"))).Add("a", Verdict(NftVerdict.Accept))
            .Add("b", Verdict(NftVerdict.Return));
        Assert.Equal(["base[1]: jump a", "a[1]: goto b", "b[1]: return", "base[2]: drop"], Assert.Single(Trace(ruleset, "10.9.0.1", 80)).Path);
    }

    [Theory]
    [InlineData("10.0.0.0", true)]
    [InlineData("10.255.255.255", true)]
    [InlineData("11.0.0.0", false)]
    [InlineData("9.255.255.255", false)]
    [InlineData("255.255.255.255", true)]
    public void A_range_holds_its_first_and_its_last_address(string destination, bool isInside)
    {
        var ruleset = new NftRuleset(Table)
            .Add(
                new NftSetSpec { Name = "inside", KeyType = NftType.IPv4Address, IsInterval = true },
                [.. NftElement.Range(IPNetwork.Parse("10.0.0.0/8")), .. NftElement.Range(IPNetwork.Parse("255.255.255.0/24"))])
            .Add(Chain("base", NftChainType.Filter, NftHookPoint.Prerouting, 0))
            .Add("base", new NftRuleSpec(PayloadExpression.IPv4Destination(R), new LookupExpression("inside", R), new ImmediateExpression(NftVerdict.Drop)));
        Assert.Equal(isInside ? NftOutcome.Dropped : NftOutcome.Accepted, Assert.Single(Trace(ruleset, destination, 80)).Outcome);
    }

    [Fact]
    public void Each_field_of_a_concatenation_has_its_own_range()
    {
        var key = NftType.Concatenate(NftType.InetService, NftType.IPv4Address);
        var ruleset = new NftRuleset(Table)
            .Add(
                new NftSetSpec { Name = "ranges", KeyType = key, IsInterval = true },
                new NftElement(NftData.Concatenate(NftData.Port(80), Address("10.0.0.0"))) { KeyEnd = NftData.Concatenate(NftData.Port(80), Address("10.0.0.255")) })
            .Add(Chain("base", NftChainType.Filter, NftHookPoint.Prerouting, 0))
            .Add("base", new NftRuleSpec(
                PayloadExpression.DestinationPort(R), PayloadExpression.IPv4Destination(R.Plus(1)), new LookupExpression("ranges", R) { IsInverted = true },
                new ImmediateExpression(NftVerdict.Drop)));
        Assert.Equal(NftOutcome.Accepted, Assert.Single(Trace(ruleset, "10.0.0.7", 80)).Outcome);
        Assert.Equal(NftOutcome.Dropped, Assert.Single(Trace(ruleset, "10.0.0.7", 81)).Outcome);
        Assert.Equal(NftOutcome.Dropped, Assert.Single(Trace(ruleset, "10.0.1.7", 80)).Outcome);
    }

    [Fact]
    public void What_a_packet_leaves_in_a_dynamic_map_leads_the_next_one()
    {
        var ruleset = FanOut(2).Add(Clients).Add(new NftChainSpec { Name = "sticky" });
        ruleset.Add("sticky", new NftRuleSpec(PayloadExpression.IPv4Source(R), new LookupExpression("clients", R) { Destination = R }, Dnat));
        ruleset.Add("sticky", new NftRuleSpec(
            PayloadExpression.IPv4Source(R.Plus(4)), new NumgenExpression(2, R), new LookupExpression("endpoints", R) { Destination = R },
            new DynsetExpression(NftDynsetOperation.Add, "clients", R.Plus(4)) { Value = R, Timeout = TimeSpan.FromSeconds(9) }, Dnat));
        ruleset.Add("prerouting", Verdict(NftVerdict.Goto("sticky")));
        var tracer = new NftTracer(ruleset, Host);
        var first = tracer.Trace(Packet("10.9.0.7", 80));
        Assert.Equal(2, first.Count);
        tracer.Apply(first[1]);
        Assert.Equal(first[1].Destination, Assert.Single(tracer.Trace(Packet("10.9.0.7", 80))).Destination);
        // The map holds one client; another one is not added, so its rule ends there.
        Assert.All(tracer.Trace(Packet("10.9.0.7", 80) with { Source = IPAddress.Parse("10.7.7.7") }), t => Assert.False(t.IsTranslated));
    }

    [Fact]
    public void An_expression_that_nobody_knows_is_an_error()
    {
        var ruleset = new NftRuleset(Table).Add(Chain("base", NftChainType.Filter, NftHookPoint.Prerouting, 0))
            .Add("base", new NftRuleSpec(new UnknownExpression("limit", default)));
        Assert.Contains("'limit'", Assert.Throws<NotSupportedException>(() => Trace(ruleset, "10.9.0.1", 80)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_register_that_the_rule_did_not_write_is_an_error()
    {
        var ruleset = new NftRuleset(Table).Add(Chain("base", NftChainType.Filter, NftHookPoint.Prerouting, 0))
            .Add("base", new NftRuleSpec(PayloadExpression.DestinationPort(R), new CompareExpression(NftCompare.Equal, R.Plus(1), NftData.Port(80))));
        Assert.Contains("word 1", Assert.Throws<InvalidOperationException>(() => Trace(ruleset, "10.9.0.1", 80)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_is_traced_as_it_was_written_over_netlink()
    {
        using var nft = new NftClient(new InMemoryNftables());
        var batch = new NftBatch().AddTable(Table).AddSet(Table, Service).AddSet(Table, Endpoints)
            .AddChain(Table, Chain("prerouting", NftChainType.Nat, NftHookPoint.Prerouting, -100)).AddChain(Table, new NftChainSpec { Name = "fan-out" });
        foreach (var (chain, rule) in Rules(2))
            batch.AddRule(Table, chain, rule);
        nft.Commit(batch.AddElements(Table, "service", [ServiceElement]).AddElements(Table, "endpoints", EndpointElements(2, -1)));
        var written = new NftTracer(NftRuleset.Read(nft, Table), Host).Trace(Packet("10.9.0.1", 80));
        Assert.Equal(Trace(FanOut(2), "10.9.0.1", 80).Select(t => t.ToString()), written.Select(t => t.ToString()));
    }

    private static readonly NatExpression Dnat = new(NftNatKind.Destination, NftFamily.IPv4, R, R.Plus(1));

    private static readonly NftElement ServiceElement = new(NftData.Concatenate(Address("10.9.0.1"), NftData.Port(80)), NftVerdict.Goto("fan-out")) { Comment = "web" };

    private static NftRuleset FanOut(int count, int missing = -1)
    {
        var ruleset = new NftRuleset(Table).Add(Service, ServiceElement).Add(Endpoints, EndpointElements(count, missing))
            .Add(Chain("prerouting", NftChainType.Nat, NftHookPoint.Prerouting, -100)).Add(new NftChainSpec { Name = "fan-out" });
        foreach (var (chain, rule) in Rules(count))
            ruleset.Add(chain, rule);
        return ruleset;
    }

    private static IEnumerable<(string Chain, NftRuleSpec Rule)> Rules(int count)
    {
        yield return ("prerouting", new NftRuleSpec(PayloadExpression.IPv4Destination(R), PayloadExpression.DestinationPort(R.Plus(1)), LookupExpression.VerdictMap("service", R)));
        yield return ("fan-out", new NftRuleSpec(new NumgenExpression((uint)count, R), new LookupExpression("endpoints", R) { Destination = R }, Dnat));
        yield return ("fan-out", Verdict(NftVerdict.Drop));
    }

    private static IEnumerable<NftElement> EndpointElements(int count, int missing) => Enumerable.Range(0, count).Where(i => i != missing)
        .Select(i => new NftElement(NftData.Word((uint)i), NftData.Concatenate(Address($"10.1.0.{i}"), NftData.Port(8080))));

    private static NftChainSpec Chain(string name, NftChainType type, NftHookPoint point, int priority) => new() { Name = name, Hook = new(type, point, priority) };

    private static NftRuleSpec Verdict(NftVerdict verdict) => new(new ImmediateExpression(verdict));

    private static NftData Address(string address) => NftData.Address(IPAddress.Parse(address));

    private static NftPacket Packet(string destination, ushort port) => new()
    {
        Source = IPAddress.Parse("10.1.0.9"), Destination = IPAddress.Parse(destination), DestinationPort = port, InputInterface = "veth1",
    };

    private static IReadOnlyList<NftTrace> Trace(NftRuleset ruleset, string destination, ushort port) => new NftTracer(ruleset, Host).Trace(Packet(destination, port));
}
