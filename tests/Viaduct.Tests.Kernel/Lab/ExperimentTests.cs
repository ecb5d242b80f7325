using Viaduct.Lab.Engine;
using Viaduct.Lab.Experiments;
using Viaduct.Lab.Reports;

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

    /// <summary>After a change: <c>viaduct lab run NAME -o markdown [--language zh] > docs/lab/LANGUAGE/NAME.md</c>.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_pages_in_docs_are_what_an_experiment_prints(string name)
    {
        var root = Root();
        Assert.SkipWhen(root is null, "docs/lab is not beside the tests");
        var transcript = await ExperimentRunner.RunAsync(ExperimentCatalog.Find(name)!);
        foreach (var (folder, language) in ((string, Language)[])[("en", Language.English), ("zh", Language.Chinese)])
            Assert.Equal(File.ReadAllText(Path.Combine(root, folder, $"{name}.md")).TrimEnd(), MarkdownReport.Write(transcript, language).TrimEnd());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_experiment_fails_without_what_it_depends_on(string name)
    {
        var experiment = ExperimentCatalog.Find(name)!;
        await Assert.ThrowsAsync<ExperimentFailedException>(() => ExperimentRunner.RunAsync(experiment, leaveOut: experiment.Essential));
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
