using Viaduct.Lab.Engine;
using Viaduct.Lab.Experiments;

namespace Viaduct.Tests.Kernel.Lab;

/// <summary>Every experiment holds in this kernel, and fails when what it depends on is left out.</summary>
public class ExperimentTests
{
    public static TheoryData<string> Names => [.. ExperimentCatalog.All.Select(e => e.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_experiment_holds(string name)
    {
        var transcript = await ExperimentRunner.RunAsync(ExperimentCatalog.Find(name)!);
        Assert.All(transcript.Steps, step => Assert.Contains(step.Lines, line => line is ClaimLine));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_experiment_fails_without_what_it_depends_on(string name)
    {
        var experiment = ExperimentCatalog.Find(name)!;
        await Assert.ThrowsAsync<ExperimentFailedException>(() => ExperimentRunner.RunAsync(experiment, leaveOut: experiment.Essential));
    }
}
