using Viaduct.Kube.Objects;
using Viaduct.Node.Probes;

namespace Viaduct.Tests.Node;

public class ProbeStateTests
{
    private static readonly ProbeTiming s_timing = ProbeTiming.Of(new Probe { SuccessThreshold = 2, FailureThreshold = 3 });

    [Fact]
    public void Absent_numbers_take_the_defaults_of_the_API()
    {
        var timing = ProbeTiming.Of(new Probe());
        Assert.Equal((TimeSpan.Zero, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1)), (timing.InitialDelay, timing.Period, timing.Timeout));
        Assert.Equal((1, 3), (timing.SuccessThreshold, timing.FailureThreshold));
    }

    [Fact]
    public void Readiness_begins_false_and_liveness_true()
    {
        Assert.False(ProbeState.Initial(ProbeKind.Readiness).Passing);
        Assert.True(ProbeState.Initial(ProbeKind.Liveness).Passing);
    }

    [Theory]
    [InlineData("+", false)]
    [InlineData("++", true)]
    [InlineData("+-+", false)]
    [InlineData("++-", true)]
    [InlineData("++--", true)]
    [InlineData("++---", false)]
    [InlineData("++--+---", false)]
    [InlineData("++--+--", true)]
    public void The_verdict_changes_after_as_many_equal_results_as_the_threshold_asks(string results, bool passing) =>
        Assert.Equal(passing, After(ProbeKind.Readiness, results).Passing);

    [Theory]
    [InlineData("--", false)]
    [InlineData("---", true)]
    [InlineData("--+--", false)]
    public void A_liveness_probe_asks_for_a_restart_after_the_failure_threshold(string results, bool failed) =>
        Assert.Equal(failed, After(ProbeKind.Liveness, results).HasFailed(s_timing));

    private static ProbeState After(ProbeKind kind, string results) =>
        results.Aggregate(ProbeState.Initial(kind), (state, result) => state.After(result == '+', s_timing));
}
