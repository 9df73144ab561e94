namespace ConnectionStateService.Rpc.Validation;

/// <summary>One invalid field of a request.</summary>
/// <param name="Field">The path of the field as in the protos, for example <c>candidates[3].name</c>.</param>
/// <param name="Description">What is required of the field.</param>
internal sealed record Violation(string Field, string Description);
