using Viaduct.Lab.Drawing;
using Viaduct.Lab.Guests;
using Viaduct.Lab.Network;
using Viaduct.Linux.Packets;

namespace Viaduct.Lab.Engine;

/// <summary>
/// The place of one run: its hosts, and the transcript of what is done and seen. Everything in it is held by this process only, so nothing is left of a
/// run, however it ends.
/// </summary>
public sealed class LabRun : IAsyncDisposable
{
    private readonly ILabObserver? observer;
    private readonly string? leftOut;
    private readonly List<LabHost> hosts = [];
    private readonly List<StepTranscript> steps = [];
    private List<TranscriptLine> lines = [];

    /// <param name="observer">Is told of every step.</param>
    /// <param name="leaveOut">A precondition not to be met, to see the experiment fail.</param>
    /// <param name="programs">What may be started; null for the published ones.</param>
    /// <param name="cancellation">Has the step that is being done given up.</param>
    public LabRun(ILabObserver? observer = null, string? leaveOut = null, LabPrograms? programs = null, CancellationToken cancellation = default) =>
        (this.observer, leftOut, Programs, Cancellation) = (observer, leaveOut, programs ?? LabPrograms.Published, cancellation);

    public LabPrograms Programs { get; }

    public CancellationToken Cancellation { get; }

    public IReadOnlyList<LabHost> Hosts => hosts;

    /// <summary>What was made before the first step.</summary>
    public Preparation? Preparation { get; private set; }

    public IReadOnlyList<StepTranscript> Steps => steps;

    /// <summary>A host of its own: a network namespace whose settings are the kernel's own defaults, whatever this machine's are.</summary>
    public LabHost AddHost(string name)
    {
        var host = new LabHost(this, name);
        hosts.Add(host);
        return host;
    }

    /// <summary>Does a step and tells the observer of it.</summary>
    public async Task StepAsync(LocalizedText what, Func<Task> action)
    {
        await BeginStepAsync();
        await action().WaitAsync(Cancellation);
        await EndStepAsync(what);
    }

    /// <inheritdoc cref="StepAsync(LocalizedText, Func{Task})"/>
    public async Task StepAsync(LocalizedText what, Action action)
    {
        await BeginStepAsync();
        action();
        await EndStepAsync(what);
    }

    /// <summary>Does a step that needs something which a few machines lack, and says so on those.</summary>
    /// <param name="what">What is done.</param>
    /// <param name="missing">What is lacking, as a sentence; null for nothing.</param>
    /// <param name="action">Does it.</param>
    public Task StepAsync(LocalizedText what, string? missing, Func<Task> action) => StepAsync(what, missing, action, isOptional: false);

    /// <summary>Does a step that needs something which many kernels lack. An experiment ends with these; pages do not have them.</summary>
    /// <inheritdoc cref="StepAsync(LocalizedText, string?, Func{Task})"/>
    public Task OptionalStepAsync(LocalizedText what, string? missing, Func<Task> action) => StepAsync(what, missing, action, isOptional: true);

    /// <summary>Meets a precondition that the experiment depends on, unless it is to be left out.</summary>
    /// <param name="name">How <see cref="Experiment.Essential"/> calls it.</param>
    /// <param name="action">Meets it.</param>
    public void Given(string name, Action action)
    {
        if (name != leftOut)
            action();
    }

    /// <summary>States what must be so.</summary>
    /// <param name="what">What, and why.</param>
    /// <param name="isSo">Whether it is.</param>
    /// <param name="seen">What the kernel said; shown in both cases.</param>
    /// <exception cref="ExperimentFailedException">It is not.</exception>
    public void Holds(LocalizedText what, bool isSo, string? seen = null)
    {
        if (!isSo)
            throw new ExperimentFailedException($"{what.English} This did not hold{(seen is null ? "." : $": {seen}")}");
        Record(new ClaimLine(what, seen));
    }

    /// <summary>States that two texts are the same: what is expected, and what the kernel said.</summary>
    /// <exception cref="ExperimentFailedException">They differ.</exception>
    public void Shows(LocalizedText what, IEnumerable<string> expected, IEnumerable<string> seen)
    {
        var (wanted, found) = (expected.ToList(), seen.ToList());
        if (!wanted.SequenceEqual(found))
            throw new ExperimentFailedException($"{what.English} Expected was: {Join(wanted)}. Seen was: {Join(found)}.");
        Record(new ClaimLine(what, found.Count == 0 ? null : string.Join('\n', found)));
    }

    /// <summary>States which packets passed, of those whose description has a word, however often each; waits until as many did.</summary>
    /// <exception cref="ExperimentFailedException">Others passed.</exception>
    public async Task ShowsAsync(LocalizedText what, PacketCapture capture, string word, params IReadOnlyList<string> expected)
    {
        await capture.WaitForAsync(frames => Described(frames).Count >= expected.Count, TimeSpan.FromSeconds(5));
        Shows(what, expected, Described(capture.Frames));

        List<string> Described(IReadOnlyList<CapturedFrame> frames) => [.. frames.Select(f => f.ToString()).Where(f => f.Contains(word, StringComparison.Ordinal)).Distinct()];
    }

    /// <summary>Notes where a widespread explanation and the kernel differ; put it beside the claims that show it.</summary>
    public void Disagrees(LocalizedText told, LocalizedText kernel, LocalizedText reason) => Record(new DisagreementLine(told, kernel, reason));

    /// <summary>Notes what a person would type to see the same, and what it shows.</summary>
    public void Typed(string host, string command, string? output = null)
    {
        Record(new CommandLine(host, command));
        if (output is not null)
            Record(new OutputLine(output));
    }

    /// <summary>Notes what was measured on this machine.</summary>
    public void Measured(IReadOnlyList<LocalizedText> columns, params IReadOnlyList<MeasuredRow> rows) => Record(new MeasurementLine(columns, rows, Machine.Description));

    /// <summary>Notes what was measured as curves.</summary>
    public void Measured(Plot plot) => Record(new PlotLine(plot));

    /// <summary>Notes what cannot be shown here.</summary>
    /// <param name="what">What this machine lacks, as a sentence.</param>
    public void Lacks(string what) => Record(new MissingLine(what));

    /// <summary>Draws hosts as they are now.</summary>
    public void Draw(params IReadOnlyList<LabHost> drawn) => Draw([], drawn);

    /// <summary>Draws hosts as they are now, and the virtual machines beside them.</summary>
    public void Draw(IReadOnlyList<Guest> guests, IReadOnlyList<LabHost> drawn)
    {
        var view = NetworkReader.Read([.. drawn.Select(h => new NamespaceToDraw(h.Name, h.Namespace))]);
        var hosts = view.Namespaces.Zip(drawn, (ns, host) => guests.Aggregate(host.AsSeen(ns), (seen, guest) => guest.Connect(seen)));
        Record(new DrawingLine(new NetworkView([.. hosts, .. guests.Select(g => g.AsSeen())])));
    }

    /// <summary>Draws namespaces that are no hosts of the experiment.</summary>
    internal void Draw(NetworkView view) => Record(new DrawingLine(view));

    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts)
            await host.DisposeAsync();
    }

    internal void Record(TranscriptLine line) => lines.Add(line);

    private async Task StepAsync(LocalizedText what, string? missing, Func<Task> action, bool isOptional)
    {
        await BeginStepAsync();
        if (missing is null)
            await action().WaitAsync(Cancellation);
        else
            Lacks(missing);
        await EndStepAsync(what, isOptional);
    }

    private static string Join(List<string> texts) => texts.Count == 0 ? "nothing" : string.Join("; ", texts);

    private async Task BeginStepAsync()
    {
        if (Preparation is null)
        {
            Preparation = new([.. hosts.Select(h => h.Name)], HostSettings.Command, [.. lines.OfType<CommandLine>()]);
            if (observer is not null)
                await observer.PreparedAsync(Preparation).WaitAsync(Cancellation);
        }

        lines = [];
    }

    private async Task EndStepAsync(LocalizedText what, bool isOptional = false)
    {
        var step = new StepTranscript(what, lines) { IsOptional = isOptional };
        steps.Add(step);
        lines = [];
        Cancellation.ThrowIfCancellationRequested();
        if (observer is not null)
            await observer.StepDoneAsync(step).WaitAsync(Cancellation);
    }
}
