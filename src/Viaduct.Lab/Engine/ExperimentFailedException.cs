namespace Viaduct.Lab.Engine;

/// <summary>What an experiment expected did not happen; the message says what was seen instead.</summary>
public sealed class ExperimentFailedException(string message) : Exception(message);
