using System.Collections.Immutable;
using System.Net;
using CsCheck;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;

namespace Viaduct.Tests.Proxy;

public class TablePlannerTests
{
    private static readonly TableLayout Layout = new(new BackendOptions { Family = IPFamily.IPv4 });

    [Fact]
    public void Whatever_changes_in_whatever_steps_the_table_is_what_a_fresh_write_makes() =>
        ServiceStep.Gen(IPFamily.IPv4).Array[1, 40].Sample(
            steps =>
            {
                var (table, installed, state) = (new FakeTable(), new InstalledTable(), ProxyState.Empty);
                foreach (var step in steps)
                {
                    (state, var change) = step.Do(state);
                    Plan(installed, table, change, state);
                }

                var fresh = new FakeTable();
                new TablePlanner(new InstalledTable(), Layout, fresh).Reconcile(state);
                fresh.Commit();
                AssertSameButForSlots(fresh, table);
                var edits = table.Edits;
                new TablePlanner(installed, Layout, table).Reconcile(state);
                table.Commit();
                Assert.Equal(edits, table.Edits);
            },
            iter: 500);

    [Fact]
    public void Nothing_is_left_of_services_that_go() =>
        ServiceStep.Gen(IPFamily.IPv6).Array[1, 20].Sample(
            steps =>
            {
                var layout = new TableLayout(new BackendOptions { Family = IPFamily.IPv6 });
                var (table, installed, state) = (new FakeTable(), new InstalledTable(), ProxyState.Empty);
                foreach (var step in steps.Concat(steps.Select(s => s with { IsGone = true })))
                {
                    (state, var change) = step.Do(state);
                    new TablePlanner(installed, layout, table).Plan(change, state);
                    table.Commit();
                }

                Assert.Empty(table.Elements);
                Assert.Empty(table.Chains);
            },
            iter: 200);

    [Fact]
    public void Random_services_have_source_ranges_of_their_family_only() =>
        Gen.Enum<IPFamily>().SelectMany(f => ServiceStep.Gen(f).Select(s => (f, s.Port))).Sample(
            random => Assert.All(random.Port.SourceRanges, r => Assert.Equal(random.f.ToAddressFamily(), r.BaseAddress.AddressFamily)));

    [Fact]
    public void A_refused_port_leaves_a_shared_frontend_to_another_service()
    {
        var good = ServiceStep.StateOf(State(3).Ports);
        var port = good.Ports.Values.Single();
        var bad = port with { Name = new("default", "a-bad-one", ""), Endpoints = [] };
        Assert.True(bad.Name.CompareTo(port.Name) < 0);
        var (table, other) = (new FakeTable(), new FakeTable());
        new TablePlanner(new InstalledTable(), Layout, table, p => p.Name == bad.Name).Reconcile(ServiceStep.StateOf(good.Ports.Add(bad.Name, bad)));
        new TablePlanner(new InstalledTable(), Layout, other).Reconcile(good);
        AssertSameButForSlots(other, table);
    }

    [Fact]
    public void An_endpoint_less_in_a_thousand_costs_six_elements()
    {
        var (installed, table, state) = (new InstalledTable(), new FakeTable(), State(1000));
        Plan(installed, table, ChangeOf(state), state);
        var before = table.Edits;
        var port = state.Ports.Values.Single();
        state = ServiceStep.StateOf(state.Ports.SetItem(port.Name, port with { Endpoints = port.Endpoints.RemoveAt(17) }));
        Plan(installed, table, ChangeOf(state), state);

        // Its slot and the last slot go, the last endpoint comes into its slot, the verdict changes, its address is no target any more.
        Assert.Equal(6, table.Edits - before);
        Assert.Equal(["fan-out-999"], table.Chains);
    }

    [Theory]
    [InlineData(1, 3)] // slot, verdict, and the address's hairpin
    [InlineData(100, 4)] // slot, hairpin, and a verdict in place of another
    public void An_endpoint_more_costs_a_few_elements(int after, int elements)
    {
        var (installed, table, state) = (new InstalledTable(), new FakeTable(), State(after - 1));
        Plan(installed, table, ChangeOf(state), state);
        var before = table.Edits;
        state = State(after);
        Plan(installed, table, ChangeOf(state), state);
        Assert.Equal(elements, table.Edits - before);
    }

    [Fact]
    public void Numbers_of_session_affinity_are_the_lowest_free_and_stay()
    {
        var (ids, a, b, c) = (new AffinityIds(), Name("a"), Name("b"), Name("c"));
        Assert.Equal([1u, 2u, 1u], [ids.Acquire(a), ids.Acquire(b), ids.Acquire(a)]);
        ids.Release(a);
        ids.Release(a);
        Assert.Equal([1u, 2u], [ids.Acquire(c), ids.Acquire(b)]);

        ids = new AffinityIds();
        ids.Found("default/b", 1);
        ids.Found("default/gone", 2);
        Assert.Equal([3u, 1u], [ids.Acquire(a), ids.Acquire(b)]);
        ids.ReleaseUnused();
        Assert.Equal(2u, ids.Acquire(c));
    }

    [Fact]
    public void Slots_of_a_table_with_gaps_and_doubles_are_put_in_order()
    {
        ProxyEndpoint a = Endpoint(1), b = Endpoint(2), c = Endpoint(3);
        Slot[] doubled = [new(c), new(a), new(a), new(b)];
        Assert.Equal([new Slot(b), new Slot(a)], SlotArrangement.Rearrange(doubled, [a, b]));
        Assert.Equal([new Slot(a), new Slot(b), new Slot(c)], SlotArrangement.Rearrange([new(a), default, new(c)], [a, b, c]));
        Assert.Empty(SlotArrangement.Rearrange([new(a), new(b)], []));
    }

    [Fact]
    public void Chain_names_are_read_as_they_are_written()
    {
        foreach (var fanOut in new FanOut[] { new(false, false, 3), new(true, false, 1), new(true, true, 20, 10800), new(false, true, 7, 1) })
            Assert.Equal(fanOut, FanOut.Parse(fanOut.ChainName));
        Assert.All(["fan-out-", "fan-out-0", "fan-out-03", "fan-out-3x", "affinity-fan-out-3", "services"], name => Assert.Null(FanOut.Parse(name)));
    }

    [Fact]
    public void A_very_long_name_is_cut_in_comments_and_never_in_a_character()
    {
        Span<byte> comment = stackalloc byte[OwnerComment.MaxLength];
        Assert.Equal(254, OwnerComment.Write(comment, new("n", new string('é', 300), "port")));
        Assert.Equal(253, OwnerComment.Write(comment, new("ns", new string('é', 300), "port")));
        Assert.Equal("default/a:web", OwnerComment.Text(new("default", "a", "web")));
        Assert.Equal("default/a", OwnerComment.Text(new("default", "a", "")));
    }

    private static void Plan(InstalledTable installed, FakeTable table, ProxyChange change, ProxyState state)
    {
        new TablePlanner(installed, Layout, table).Plan(change, state);
        table.Commit();
    }

    private static ProxyChange ChangeOf(ProxyState state) => new([.. state.Claims.Keys]);

    private static ServicePortName Name(string name) => new("default", name, "");

    private static ProxyEndpoint Endpoint(int i) => new(new(PackedAddress.From(new IPAddress([10, 1, (byte)(i / 250), (byte)((i % 250) + 1)])), 8080), false);

    private static ProxyState State(int endpoints) => ServiceStep.StateOf(ImmutableDictionary<ServicePortName, ServicePortState>.Empty.Add(Name("web"), new()
    {
        Name = Name("web"),
        ClusterIP = PackedAddress.From(IPAddress.Parse("10.0.0.1")),
        Protocol = TransportProtocol.Tcp,
        Port = 80,
        Endpoints = [.. Enumerable.Range(0, endpoints).Select(Endpoint)],
        HasEndpointsAnywhere = endpoints > 0,
    }));

    // The numbers of slots depend on the history, what they lead to does not; and so do the numbers of affinity.
    private static void AssertSameButForSlots(FakeTable expected, FakeTable actual)
    {
        Assert.Equal(expected.Chains.Order(), actual.Chains.Order());
        Assert.Equal(Comparable(expected), Comparable(actual));
    }

    private static IEnumerable<string> Comparable(FakeTable table) => table.Elements
        .Select(e => e.Key.Set switch
        {
            TableSet.Endpoints or TableSet.NodePortEndpoints => $"{e.Key.Set} {e.Key.Key[..^9]} {e.Value}",
            TableSet.AffinityIds or TableSet.NodePortAffinityIds => $"{e.Key.Set} {e.Key.Key} {e.Value[16..]}",
            TableSet.AffinityEndpoints or TableSet.LocalAffinityEndpoints => $"{e.Key.Set} {e.Key.Key[16..]}",
            _ => $"{e.Key.Set} {e.Key.Key} {e.Value}",
        }).Order();
}
