using System.Globalization;
using Spectre.Console;

namespace Viaduct.Cli.Output;

/// <summary>Shows what is being done: one line a step, on a terminal at once, with the time that it took at its end. Standard output stays clean.</summary>
internal sealed class StepProgress(IAnsiConsole console) : IDisposable
{
    private string? _current;
    private long _since;

    public void Step(string text)
    {
        Finish();
        _current = text;
        _since = TimeProvider.System.GetTimestamp();
        if (IsTerminal)
            console.Write($"  {text} ...");
    }

    public void Done(string text)
    {
        Finish();
        console.MarkupLineInterpolated($"[green]{text}[/]");
    }

    public void Dispose() => Finish();

    // What is written over must be longer than what was there: the time is.
    private bool IsTerminal => console.Profile.Out.IsTerminal;

    private void Finish()
    {
        if (_current is null)
            return;
        var seconds = TimeProvider.System.GetElapsedTime(_since).TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture);
        if (IsTerminal)
            console.Profile.Out.Writer.Write('\r');
        console.MarkupLineInterpolated($"  {_current} [grey]{seconds} s[/]");
        _current = null;
    }
}
