/** Acts that pages of other rooms offer to those who may do them; who may stands in access/staff/roles.py. */
export const END_A_PROPOSAL = "charter.veto";
export const READ_HEALTH = "health.read";
