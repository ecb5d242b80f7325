using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Lab;

/// <summary>Experiments on a cluster bind namespaces to files; what a killed run leaves of that goes when the next one begins.</summary>
public class ClusterExperimentTests
{
    public static TheoryData<string> Actors => Actor.Names;

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task What_a_killed_run_with_a_cluster_left_goes_with_the_next_run(string actor)
    {
        var who = Actor.Named(actor);
        who.Require();
        var before = await HostState.CaptureAsync();
        Assert.True(await SteppedRun.KillAtAsync(who, "ip-allocation", step: 2));

        var output = (await who.RunAsync(["lab", "run", "ip-allocation"])).Succeed();

        Assert.Contains("steps of ip-allocation held.", output, StringComparison.Ordinal);
        Assert.Equal(before, await HostState.CaptureAsync());
        Assert.Empty(HostState.Processes());
    }
}
