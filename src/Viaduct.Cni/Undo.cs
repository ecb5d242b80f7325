namespace Viaduct.Cni;

/// <summary>
/// What takes back the steps done so far if a later one fails: each step pushes its reversal; disposal runs them, last first, unless all was committed.
/// </summary>
internal sealed class Undo(TextWriter log) : IDisposable
{
    private readonly Stack<(string Description, Action Action)> _steps = new();

    public void Push(string description, Action action) => _steps.Push((description, action));

    public void Commit() => _steps.Clear();

    public void Dispose()
    {
        while (_steps.TryPop(out var step))
        {
            try
            {
                step.Action();
            }
#pragma warning disable CA1031 // The first failure is the one to report; the rest must be undone whatever happens to one step.
            catch (Exception e)
#pragma warning restore CA1031
            {
                log.WriteLine($"viaduct-cni: undoing a failed ADD, {step.Description}: {e.Message}");
            }
        }
    }
}
