namespace Viaduct.Lab.Engine;

/// <summary>What an experiment expected did not happen; the message says what was seen instead.</summary>
public class ExperimentFailedException(string message) : Exception(message);

/// <summary>What an experiment needs is not to be had here; the message says what, and what to do.</summary>
public sealed class ExperimentImpossibleException(string message) : ExperimentFailedException(message);
