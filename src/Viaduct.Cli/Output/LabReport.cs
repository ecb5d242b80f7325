using Viaduct.Cli.Commands;
using Viaduct.Lab.Drawing;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;
using Viaduct.Lab.Reports;

namespace Viaduct.Cli.Output;

/// <summary>Runs experiments and prints them: text while they run, documents at their end.</summary>
internal sealed class LabReport(string format, Language language, bool waits, bool keeps, string? pages = null) : ILabObserver
{
    private static readonly CharacterSet s_characters = Console.IsOutputRedirected ? CharacterSet.Ascii : CharacterSet.Unicode;

    // For JSON, which is one document.
    private readonly List<Transcript> documents = [];

    private int number;

    /// <summary>Runs all, also after a failure; the exit code says whether all held.</summary>
    public async Task<int> RunAsync(IReadOnlyList<Experiment> experiments, CancellationToken cancellation)
    {
        var failed = 0;
        foreach (var experiment in experiments)
        {
            try
            {
                await RunAsync(experiment, cancellation);
            }
            catch (ExperimentImpossibleException e) when (experiments.Count > 1)
            {
                Console.Error.WriteLine($"{experiment.Name} is left out: {e.Message}");
            }
            catch (Exception e) when (CommandRunner.SpeaksForItself(e))
            {
                CommandRunner.Fail($"{experiment.Name}: {e.Message}");
                failed++;
            }
        }

        if (format == "json" && experiments.Count > 1)
            Console.WriteLine(JsonReport.Write(documents));
        else if (format == "json" && documents is [var one])
            Console.WriteLine(JsonReport.Write(one));
        return failed == 0 ? CommandRunner.Success : CommandRunner.Failure;
    }

    public Task PreparedAsync(Preparation preparation)
    {
        if (format != "text")
            return Task.CompletedTask;
        foreach (var line in TextReport.Lines(preparation, language))
            Console.WriteLine(line);
        return Task.CompletedTask;
    }

    public Task StepDoneAsync(StepTranscript step)
    {
        if (format != "text")
            return Task.CompletedTask;
        foreach (var line in TextReport.Lines(step, ++number, language, s_characters))
            Console.WriteLine(line);
        return waits ? EnterAsync() : Task.CompletedTask;
    }

    private async Task RunAsync(Experiment experiment, CancellationToken cancellation)
    {
        number = 0;
        if (format == "text")
            Console.WriteLine($"{experiment.Title.In(language)}\n{experiment.Introduction.In(language)}");
        var transcript = await ExperimentRunner.RunAsync(experiment, this, keep: keeps ? KeepAsync : null, cancellation: cancellation);
        if (pages is not null)
            LabPages.Write(transcript, pages);
        if (format == "text")
            Console.WriteLine($"\nAll {transcript.Steps.Count} steps of {experiment.Name} held.\n");
        else if (format == "json")
            documents.Add(transcript);
        else
            Console.WriteLine(MarkdownReport.Write(transcript, language));
    }

    private static Task KeepAsync(IReadOnlyList<LabHost> hosts)
    {
        if (hosts.Count == 0)
        {
            Console.Error.WriteLine("It has no hosts to be kept.");
            return Task.CompletedTask;
        }

        Console.Error.WriteLine("The hosts are kept until Enter. In another terminal, as the same user:");
        foreach (var host in hosts)
            Console.Error.WriteLine($"  {host.Name}: {OwnNamespaces.EnterCommand(host.Namespace)}");
        return EnterAsync();
    }

    // On a thread that Ctrl-C leaves behind: nothing ends its reading, and nothing waits for it.
    private static Task<string?> EnterAsync() => Task.Run(Console.ReadLine);
}
