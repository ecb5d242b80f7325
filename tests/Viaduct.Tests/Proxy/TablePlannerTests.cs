using System.Collections.Immutable;
using System.Net;
using CsCheck;
using Viaduct.Proxy.Backends.Nftables;
using Viaduct.Proxy.Model;
using static Viaduct.Tests.Proxy.Objects;

namespace Viaduct.Tests.Proxy;

public class TablePlannerTests
{
    private static readonly Frontend Web = Frontend.ClusterIP(IPAddress.Parse("10.0.0.1"), TransportProtocol.Tcp, 80);

    [Fact]
    public void Whatever_changes_in_whatever_steps_the_table_is_what_a_fresh_write_makes() =>
        Step.Array[1, 40].Sample(
            steps =>
            {
                var (tracker, table, installed, state) = (new ServiceTracker("here"), new TableContents(), InstalledState.Empty, ProxyState.Empty);
                foreach (var step in steps)
                {
                    step.Do(tracker);
                    var update = tracker.Commit();
                    state = update.State;
                    (var plan, installed) = TablePlanner.Plan(installed, state, update.Change.Frontends);
                    table.Apply(plan);
                    AssertSame(table, TableContents.Of(installed));
                }

                var (fresh, _) = TablePlanner.Reconcile(new TableContents(), state);
                var written = new TableContents();
                written.Apply(fresh);
                AssertSameButForSlots(written, table);
                Assert.True(TablePlanner.Reconcile(table, state).Plan.IsEmpty, "a restart has nothing to write");
            },
            iter: 500);

    [Fact]
    public void A_restart_repairs_any_table() =>
        Gen.Select(Step.Array[0, 20], Step.Array[1, 20]).Sample(
            (before, after) =>
            {
                // The table of one history, the Services of another.
                var table = new TableContents();
                table.Apply(TablePlanner.Reconcile(new TableContents(), StateOf(before)).Plan);
                var state = StateOf(after);
                var (plan, installed) = TablePlanner.Reconcile(table, state);
                table.Apply(plan);
                AssertSame(table, TableContents.Of(installed));
                Assert.True(TablePlanner.Reconcile(table, state).Plan.IsEmpty);
            },
            iter: 300);

    [Theory]
    [InlineData(1, 2, 3)] // 0 -> 1: slot, verdict, and the address's hairpin
    [InlineData(100, 101, 3)] // 99 -> 100: slot and verdict (2)
    public void An_endpoint_more_costs_a_few_elements(int before, int after, int atMost)
    {
        var installed = Installed(before - 1, out _);
        var (plan, _) = TablePlanner.Plan(installed, State(after - 1), [Web]);
        Assert.InRange(plan.ElementCount, 1, atMost + 1);
    }

    [Fact]
    public void An_endpoint_less_in_a_thousand_costs_six_elements()
    {
        var installed = Installed(1000, out var state);
        var fewer = state.Ports.Values.Single().Endpoints.RemoveAt(17);
        var port = state.Ports.Values.Single() with { Endpoints = fewer };
        state = state with { Ports = state.Ports.SetItem(port.Name, port) };
        var (plan, after) = TablePlanner.Plan(installed, state, [Web]);

        // Its slot and the last slot go, the last endpoint comes into its slot, the verdict changes, its address is no target any more.
        Assert.Equal(6, plan.ElementCount);
        Assert.Equal([new FanOut(false, 999)], plan.AddedFanOuts);
        Assert.Equal([new FanOut(false, 1000)], plan.RemovedFanOuts);
        Assert.Equal(999, after.Frontends[Web].Slots.Length);
    }

    [Fact]
    public void An_endpoint_that_is_replaced_leaves_the_verdict_alone()
    {
        var installed = Installed(10, out var state);
        var port = state.Ports.Values.Single();
        port = port with { Endpoints = [.. port.Endpoints.Skip(1), new ProxyEndpoint(new(IPAddress.Parse("10.9.9.9"), 80), false)] };
        var (plan, _) = TablePlanner.Plan(installed, state with { Ports = state.Ports.SetItem(port.Name, port) }, [Web]);
        var change = Assert.Single(plan.Frontends);
        Assert.Null(change.AddedVerdict);
        Assert.Equal(2, change.ElementCount);
    }

    [Fact]
    public void Slots_of_a_table_with_gaps_and_doubles_are_put_in_order()
    {
        EndpointAddress a = new(IPAddress.Parse("10.0.0.1"), 1), b = new(IPAddress.Parse("10.0.0.2"), 1), c = new(IPAddress.Parse("10.0.0.3"), 1);
        Assert.Equal([b, a], SlotArrangement.Rearrange([c, a, a, b], [a, b]));
        Assert.Equal([c, b, a], SlotArrangement.Rearrange([a, b], [a, b, c]).OrderDescending());
        Assert.Empty(SlotArrangement.Rearrange([a, b], []));
    }

    private static ProxyState StateOf(ServiceStep[] steps)
    {
        var tracker = new ServiceTracker("here");
        foreach (var step in steps)
            step.Do(tracker);
        return tracker.Commit().State;
    }

    private static ProxyState State(int endpoints)
    {
        var tracker = new ServiceTracker("here");
        tracker.Set(Service("web", "10.0.0.1", Port(null, 80)));
        tracker.Set(Slice("web", "web-1", "", 8080, Enumerable.Range(0, endpoints).Select(i => Pod($"10.1.{i / 250}.{(i % 250) + 1}"))));
        return tracker.Commit().State;
    }

    private static InstalledState Installed(int endpoints, out ProxyState state)
    {
        state = State(endpoints);
        return TablePlanner.Reconcile(new TableContents(), state).Installed;
    }

    private static void AssertSame(TableContents expected, TableContents actual) =>
        Assert.True(expected.PlanTo(actual).IsEmpty, "the tables differ");

    private static void AssertSameButForSlots(TableContents expected, TableContents actual)
    {
        var plan = expected.PlanTo(actual);
        Assert.DoesNotContain(plan.Frontends, f => f.AddedVerdict is not null || f.RemovedVerdict is not null);
        Assert.All(plan.Frontends, f => Assert.Equal(f.RemovedSlots.Select(s => s.Target).Order(), f.AddedSlots.Select(s => s.Target).Order()));
        Assert.Equal(0, plan.ElementCount - plan.Frontends.Sum(f => f.ElementCount));
        Assert.Empty(plan.AddedFanOuts.Concat(plan.RemovedFanOuts));
        Assert.All(actual.Endpoints.Keys.GroupBy(k => k.Frontend), g => Assert.Equal(Enumerable.Range(0, g.Count()), g.Select(k => k.Slot).Order()));
    }

    // Few names and addresses, so that Services meet, contradict each other and share endpoints.
    private static readonly Gen<ServiceStep> Step = Gen.Select(
        Gen.Int[0, 3], Gen.Int[0, 5], Gen.Int[0, 2], Gen.Int[0, 3], Gen.Int[1, 6].Array[0, 6],
        (kind, service, address, nodePort, endpoints) => new ServiceStep(kind, service, address, nodePort, [.. endpoints]));

    private sealed record ServiceStep(int Kind, int Number, int Address, int NodePort, ImmutableArray<int> Pods)
    {
        public void Do(ServiceTracker tracker)
        {
            var name = $"s{Number}";
            if (Kind == 0)
                tracker.Set(Service(name, $"10.0.0.{Number + Address}", Port(null, 80, "TCP", NodePort == 0 ? null : 30000 + NodePort)));
            else if (Kind == 1)
                tracker.Remove(Service(name, null));
            else
                tracker.Set(Slice(name, $"{name}-{Kind}", "", 8080, Pods.Select(p => Pod($"10.1.0.{p}", ready: p != 6, terminating: p == 6))));
        }
    }
}
