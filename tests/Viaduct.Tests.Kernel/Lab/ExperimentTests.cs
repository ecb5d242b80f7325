using Viaduct.Lab.Engine;
using Viaduct.Lab.Experiments;
using Viaduct.Lab.Reports;
using Viaduct.Tests.Kernel.Node;

namespace Viaduct.Tests.Kernel.Lab;

/// <summary>Every experiment holds in this kernel, and fails when what it depends on is left out.</summary>
public class ExperimentTests
{
    // Those built beside the tests.
    private static readonly LabPrograms s_programs = new(Self.Command[0], AgentLab.CniPlugin);

    public static TheoryData<string> Names => [.. ExperimentCatalog.All.Select(e => e.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_experiment_holds(string name)
    {
        var transcript = await RunAsync(name);
        Assert.All(transcript.Steps, step => Assert.Contains(step.Lines, line => line is ClaimLine or MissingLine));
    }

    /// <summary>After a change: <c>viaduct lab run NAME --pages docs/lab</c>.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_pages_in_docs_are_what_an_experiment_prints(string name)
    {
        var root = Root();
        Assert.SkipWhen(root is null, "docs/lab is not beside the tests");
        var transcript = await RunAsync(name);
        foreach (var (folder, language) in LabPages.Languages)
        {
            var path = Path.Combine(root, folder, name);
            Assert.Equal(MeasuredValues.Hide(File.ReadAllText($"{path}.md")), MeasuredValues.Hide(LabPages.Page(transcript, language)));
            if (transcript.Plot is { } plot)
                Assert.Equal(MeasuredValues.Words(File.ReadAllText($"{path}.svg")), MeasuredValues.Words(SvgPlot.Write(plot, language)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_experiment_fails_without_what_it_depends_on(string name)
    {
        var experiment = Find(name);
        await Assert.ThrowsAsync<ExperimentFailedException>(() => ExperimentRunner.RunAsync(experiment, leaveOut: experiment.Essential, programs: s_programs));
    }

    private static Task<Transcript> RunAsync(string name) => ExperimentRunner.RunAsync(Find(name), programs: s_programs);

    private static Experiment Find(string name)
    {
        var experiment = ExperimentCatalog.Find(name)!;
        if (experiment.FindMissing(s_programs) is { } missing)
            Assert.Skip(missing);
        return experiment;
    }

    private static string? Root()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (Path.Combine(directory.FullName, "docs", "lab") is var docs && Directory.Exists(docs))
                return docs;
        }

        return null;
    }
}
