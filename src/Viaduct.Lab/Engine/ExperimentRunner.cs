using Viaduct.Lab.Network;

namespace Viaduct.Lab.Engine;

/// <summary>Runs experiments.</summary>
public static class ExperimentRunner
{
    /// <summary>Runs one from the beginning to its end in fresh namespaces.</summary>
    /// <param name="experiment">Which.</param>
    /// <param name="observer">Is told of every step.</param>
    /// <param name="leaveOut">A precondition to be left out.</param>
    /// <param name="keep">Called with the hosts before they go; its task keeps them.</param>
    /// <param name="programs">What it may start; null for the published ones.</param>
    /// <param name="cancellation">Ends it in the midst of a step; its hosts and processes go.</param>
    /// <exception cref="ExperimentImpossibleException">The kernel lacks what it needs.</exception>
    /// <exception cref="ExperimentFailedException">Something expected did not happen.</exception>
    public static async Task<Transcript> RunAsync(Experiment experiment, ILabObserver? observer = null, string? leaveOut = null, Func<IReadOnlyList<LabHost>, Task>? keep = null, LabPrograms? programs = null, CancellationToken cancellation = default)
    {
        if (experiment.ProbeNeeds().FirstOrDefault(f => !f.Available) is { } missing)
            throw new ExperimentImpossibleException(missing.Refusal);
        await using var lab = new LabRun(observer, leaveOut, programs, cancellation);
        try
        {
            await experiment.RunAsync(lab);
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            // What is given up in its midst may fail in any way.
            throw new OperationCanceledException(cancellation);
        }
        finally
        {
            if (keep is not null && !cancellation.IsCancellationRequested)
                await keep(lab.Hosts).WaitAsync(cancellation);
        }

        return new Transcript(experiment.Name, experiment.Title, experiment.Introduction, lab.Preparation!, lab.Steps);
    }
}
