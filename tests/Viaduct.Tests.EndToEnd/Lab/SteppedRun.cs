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

    public static Task ExitAsync(Process run) => run.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
}
