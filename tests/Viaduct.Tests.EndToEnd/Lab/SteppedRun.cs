using System.Diagnostics;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Lab;

/// <summary><c>viaduct lab run NAME --step</c>, which waits after each step.</summary>
internal static class SteppedRun
{
    /// <summary>Kills a run as soon as it tells of a step; false when the experiment has no such step.</summary>
    public static async Task<bool> KillAtAsync(Actor who, string name, int step)
    {
        var (file, arguments) = who.CommandLine(["lab", "run", name, "--step"]);
        using var run = Shell.Start(file, arguments, who.Environ);
        while (await run.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith($"{step}. ", StringComparison.Ordinal))
            {
                run.Kill();
                await ExitAsync(run);
                return true;
            }

            if (char.IsAsciiDigit(line.FirstOrDefault()))
                await run.StandardInput.WriteLineAsync();
        }

        await ExitAsync(run);
        return false;
    }

    /// <summary>A run that Ctrl-C would reach, as soon as it has printed a line with this beginning, of whichever stream.</summary>
    public static async Task<Process> StartAsync(Actor who, string[] experiment, string beginning)
    {
        var (file, arguments) = who.CommandLine(["lab", "run", .. experiment]);
        // A shell that runs this suite in the background has SIGINT ignored, and so would the program.
        var run = Shell.Start("sh", ["-c", "exec env --default-signal=INT \"$@\" 2>&1", "sh", file, .. arguments], who.Environ);
        while (await run.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && !line.StartsWith(beginning, StringComparison.Ordinal))
        {
            // What comes before it.
        }

        _ = run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        return run;
    }

    public static Task ExitAsync(Process run) => run.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
}
